// The table of jobs.
import { ask, askJSON, jobPath } from "./ask.js";
import { find, make } from "./dom.js";
import { badge, durationText, isFinal, kindText, number, secondsOf, shortTime, timeText } from "./words.js";

const state = { jobs: [], cursor: null };
/** Reports of jobs that have ended don't change: each is asked for once. `null`: there is none. */
export const reports = new Map();

const changes = [["created", "new"], ["updated", "changed"], ["disabled", "disabled"], ["deleted", "deleted"]];

function changesText(report) {
  const sum = (member) => Object.values(report.objects).reduce((total, written) => total + written[member], 0);
  return changes.map(([member, word]) => [sum(member), word]).filter(([count]) => count > 0)
    .map(([count, word]) => `${number(count)} ${word}`).join(", ") || "none";
}

const skippedCount = (report) => Object.values(report.records)
  .flatMap((read) => Object.values(read.skipped)).reduce((total, count) => total + count, 0);

/** A cell of text; one that says nothing is left out on a phone. */
function cell(label, text, kind = "") {
  return make("td", { "data-label": label, class: `${kind}${text === "–" ? " nothing" : ""}`, text });
}

function jobRow(job, open) {
  const { done, total } = job.progress.machines;
  const report = reports.get(job.id);
  const skipped = report ? skippedCount(report) : null;
  const outcome = job.failure
    ? make("td", { "data-label": "Result", class: "reason", text: job.failure.message.length > 140 ? `${job.failure.message.slice(0, 140)}…` : job.failure.message })
    : cell("Changes", report ? changesText(report) : "–");
  return make("tr", { "data-job": job.id },
    make("td", { "data-label": "Requested", class: "tight" }, make("div", {}, make("time", { datetime: job.createdAt, title: timeText(job.createdAt), text: shortTime(job.createdAt) }), make("div", { class: "muted small", text: `by ${job.trigger}` }))),
    make("td", { "data-label": "Kind", text: kindText(job), title: job.fallbackReason }),
    make("td", { "data-label": "Connection", class: "name", text: job.connection }),
    make("td", { "data-label": "State" }, badge(job)),
    cell("Duration", durationText(secondsOf(job)), "number tight"),
    cell("Machines", total ? (done === total ? number(total) : `${number(done)} / ${number(total)}`) : "–", "number tight"),
    outcome,
    cell("Skipped", skipped === null ? "–" : number(skipped), `number${skipped ? " warn" : " nothing"}`),
    make("td", { "data-label": "" }, make("button", {
      type: "button", text: "Details", "data-details": job.id, "aria-label": `Details of the ${job.kind} run on ${job.connection} of ${timeText(job.createdAt)}, ${job.id.slice(-4)}`,
      onclick: () => open(job.id),
    })));
}

export function showJobs(open) {
  const focused = document.activeElement?.dataset?.details;
  find("jobs").replaceChildren(...state.jobs.map((job) => jobRow(job, open)));
  if (focused) find("jobs").querySelector(`[data-details="${CSS.escape(focused)}"]`)?.focus();
  find("no-jobs").hidden = state.jobs.length > 0;
  find("more").hidden = !state.cursor;
}

function path(cursor, limit = 25) {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ["connection", "kind", "state"]) {
    const { value } = find("filters").elements[name];
    if (value) query.set(name, value);
  }
  if (cursor) query.set("cursor", cursor);
  return `v1/jobs?${query}`;
}

function matches(job) {
  const { connection, kind, state: wanted } = find("filters").elements;
  return (!connection.value || job.connection === connection.value) && (!kind.value || job.kind === kind.value)
    && (!wanted.value || job.state === wanted.value);
}

export function forgetJobs() { Object.assign(state, { jobs: [], cursor: null }); }

/** Asks for the newest jobs; older pages that were asked for stay. */
export async function loadJobs() {
  const answer = await askJSON(path());
  const newest = new Set(answer.jobs.map((job) => job.id));
  const oldest = answer.jobs.at(-1)?.id ?? "";
  const older = state.jobs.filter((job) => !newest.has(job.id) && job.id < oldest && matches(job));
  if (older.length === 0) state.cursor = answer.nextCursor;
  state.jobs = [...answer.jobs, ...older];
}

/** The newest runs that the filters let through, for the pictures. */
export const loadRecent = async () => (await askJSON(path(null, 60))).jobs;

export async function loadOlder() {
  const answer = await askJSON(path(state.cursor));
  state.jobs.push(...answer.jobs);
  state.cursor = answer.nextCursor;
}

/** Asks for the reports of jobs that have ended, a few at a time. Returns whether there were new ones. */
export async function loadReports(jobs) {
  const missing = [...jobs, ...state.jobs].filter((job) => isFinal(job) && !reports.has(job.id)).slice(0, 80);
  const wanted = new Set(missing.map((job) => job.id));
  const waiting = [...wanted];
  const worker = async () => {
    for (let id = waiting.shift(); id; id = waiting.shift()) {
      try {
        reports.set(id, await (await ask(jobPath(id, "/report?skipped=0"))).json());
      } catch (error) {
        if (error.code !== "no_report") throw error;
        reports.set(id, null);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  return wanted.size > 0;
}

export function jobChanged(job) {
  const position = state.jobs.findIndex((known) => known.id === job.id);
  if (position >= 0) state.jobs[position] = job;
  return position >= 0;
}

export function offerConnections(names) {
  const select = find("filters").elements.connection;
  const known = new Set([...select.options].map((option) => option.value));
  for (const name of names) if (!known.has(name)) select.append(make("option", { value: name, text: name }));
}
