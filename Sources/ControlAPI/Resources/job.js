// One job in full, with its report.
import { askJSON, jobPath } from "./ask.js";
import { describe, find, make, replace } from "./dom.js";
import { adviceFor, badge, durationText, isFinal, kindText, number, savePointTime, secondsOf, timeText } from "./words.js";

let openID = null;
let shownState = null;
let reportsAsked = 0;
let reportShown = 0;

export async function openJob(id, actions) {
  openID = id;
  showJob(await askJSON(jobPath(id)), actions);
  if (!find("job-dialog").open) find("job-dialog").showModal();
  await showReport(id);
}

export function closeJob() { openID = null; }
export const isOpen = (id) => openID === id;

const savePointText = (text) => (text ? timeText(savePointTime(text) ?? undefined) : "none");

/** Only a run that succeeds moves it. */
function savePointWords(job) {
  const from = savePointText(job.savePoint.from);
  if (job.state === "succeeded") return `${from} → ${savePointText(job.savePoint.to)}`;
  return isFinal(job) ? `${from}, not moved` : `${from}, moves when the run succeeds`;
}

function forecastText({ calls, seconds }) {
  const parts = Object.entries(calls).filter(([, count]) => count > 0).map(([api, count]) => `${api} ${number(count)}`);
  return `${parts.join(", ")} calls; ${durationText(seconds)} at Defender's limits`;
}

export function showJob(job, actions) {
  // A job does not leave its end: an answer that the last event has overtaken is over.
  if (find("job-body").dataset.job === job.id && isFinal({ state: shownState }) && !isFinal(job)) return;
  const kind = kindText(job);
  find("job-title").replaceChildren(`${kind[0].toUpperCase()}${kind.slice(1)} on ${job.connection} `, badge(job));
  const facts = [
    ["Id", job.id], ["Requested", `${timeText(job.createdAt)} by ${job.trigger}`],
    ["Started", timeText(job.startedAt)], ["Ended", timeText(job.endedAt)], ["Duration", durationText(secondsOf(job))],
    ["Save point", savePointWords(job)],
    ["Machines", `${number(job.progress.machines.done)} of ${number(job.progress.machines.total)}`],
    ["Requests", `${number(job.progress.requests.defender)} to Defender, ${number(job.progress.requests.car)} to CAR`],
  ];
  if (job.progress.forecast && !isFinal(job)) facts.push(["Forecast", forecastText(job.progress.forecast)]);
  if (job.progress.waitingUntil) facts.push(["Waits", `for Defender's call limits until ${timeText(job.progress.waitingUntil)}`]);
  if (job.attempt > 1) facts.push(["Attempt", String(job.attempt)]);
  if (job.fallbackReason) facts.push(["Why initial", job.fallbackReason]);
  const parts = partsOf(job);
  replace(parts.failure, ...(job.failure ? [failureBox(job.failure)] : []));
  replace(parts.facts, describe(facts));
  // One button for the whole run: a new one with every event would take the keyboard's place and a click half done.
  if (isFinal(job)) parts.buttons.replaceChildren();
  else if (!parts.buttons.hasChildNodes()) parts.buttons.append(make("button", { type: "button", text: "Cancel run", onclick: (event) => actions.cancel(job.id, event.currentTarget) }));
  shownState = job.state;
}

/** The places in the dialog, made anew for another job. */
function partsOf(job) {
  const body = find("job-body");
  if (body.dataset.job !== job.id) {
    body.dataset.job = job.id;
    body.replaceChildren(make("div"), make("div"), make("p", { class: "buttons" }), make("div", { "data-report": job.id }));
  }
  const [failure, facts, buttons] = body.children;
  return { failure, facts, buttons };
}

function failureBox(failure) {
  return make("div", { class: "failure" },
    make("strong", { text: `Failed: ${failure.class}, code ${failure.code}` }),
    make("p", { class: "message", text: failure.message }),
    make("p", { class: "muted", text: `${adviceFor(failure)} ${failure.retryable ? "It may succeed by itself later." : "It will fail again until somebody acts."}` }));
}

function table(caption, heads, rows) {
  const isNumber = (column) => typeof rows[0]?.[column] === "number";
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", { class: "quiet", text: caption }),
      make("thead", {}, make("tr", {}, ...heads.map((head, column) => make("th", { scope: "col", class: isNumber(column) ? "number" : null, text: head })))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, column) =>
        make("td", { "data-label": heads[column], class: typeof cell === "number" ? `number${cell === 0 ? " nothing" : ""}` : cell === "0" ? "nothing" : null, text: typeof cell === "number" ? number(cell) : cell })))))));
}

export async function showReport(id) {
  reportsAsked += 1;
  const turn = reportsAsked;
  let report;
  try {
    report = await askJSON(jobPath(id, "/report"));
  } catch (error) {
    if (error.code !== "no_report") throw error;
  }
  const box = find("job-body").querySelector("[data-report]");
  // A later question knows more, whichever is answered first.
  if (openID !== id || !box || turn < reportShown) return;
  reportShown = turn;
  if (!report) {
    box.replaceChildren(make("p", { class: "muted", text: "No report yet." }));
    return;
  }
  const skipped = (counts) => Object.entries(counts).map(([reason, count]) => `${reason}: ${number(count)}`).join(", ") || "0";
  const mustMatch = shownState === "succeeded";
  const sums = mustMatch ? (report.balanced ? "The sums match." : "The sums do not match.")
    : report.final ? "The run did not get to its end, so sums need not match." : "The run goes on; sums need not match yet.";
  if (Object.keys(report.records).length + Object.keys(report.objects).length === 0) {
    box.replaceChildren(make("p", { class: "muted", text: "Nothing was read and nothing was written." }));
    return;
  }
  box.replaceChildren(
    make("h3", { text: "Read from Defender" }), make("p", { class: mustMatch && !report.balanced ? "reason" : "muted", text: sums }),
    table("Read from Defender", ["Records", "Read", "Mapped", "Skipped"],
      Object.entries(report.records).map(([kind, read]) => [kind, read.read, read.mapped, skipped(read.skipped)])),
    make("h3", { text: "Written to CAR" }),
    table("Written to CAR", ["Objects", "Sent", "Confirmed", "Created", "Updated", "Disabled", "Deleted"],
      Object.entries(report.objects).map(([name, written]) => [name, written.sent, written.confirmed, written.created, written.updated, written.disabled, written.deleted])));
  if (report.skipped.length) {
    box.append(make("h3", { text: "Skipped records" }), table("Skipped records", ["Kind", "Id", "Reason"],
      report.skipped.map((record) => [record.kind, record.id ?? "–", record.reason])));
  }
}
