// One card for each connection, made once and then kept up to date.
import { find, make, replace } from "./dom.js";
import { badge, clockTime, durationText, isOld, isRunning, kindText, number, relative, savePointTime } from "./words.js";

const phases = ["machines", "details", "alerts", "deletions", "finishing"];
const cards = new Map();
/** Machines done over the last seconds, by job: the rate comes from them. */
const samples = new Map();
const rateWindow = 20000;

export function showConnections(connections, actions) {
  const box = find("connections");
  for (const connection of connections) {
    if (!cards.has(connection.name)) {
      const card = connectionCard(connection.name, actions);
      cards.set(connection.name, card);
      box.append(card.element);
    }
    update(cards.get(connection.name), connection, actions);
  }
  for (const [name, card] of cards) {
    if (!connections.some((connection) => connection.name === name)) { card.element.remove(); cards.delete(name); }
  }
}

function connectionCard(name, actions) {
  const start = (kind) => make("button", {
    type: "button", "data-start": kind, text: `Start ${kind}`,
    "aria-label": `Start ${kind} on ${name}`, onclick: (event) => actions.start(name, kind, event.currentTarget),
  });
  const check = make("button", {
    type: "button", class: "plain", "data-check": "", text: "Check…", "aria-label": `Check ${name}`,
    onclick: (event) => actions.check(name, event.currentTarget),
  });
  const parts = {
    state: make("div", { class: "state" }), facts: make("div", { class: "facts" }), failure: make("div"),
    starts: [start("incremental"), start("initial")], budgets: make("div", { class: "budgets" }), running: make("div", { class: "running", hidden: "" }),
  };
  const element = make("article", { class: "card", "data-connection": name },
    make("div", { class: "head" }, make("h3", { text: name }), parts.state), parts.facts, parts.failure, parts.running,
    make("div", { class: "buttons" }, ...parts.starts, check), parts.budgets);
  return { element, ...parts };
}

function newestRun(connection) {
  const { initial, incremental } = connection.lastRuns;
  if (!initial || !incremental) return initial ?? incremental;
  return initial.createdAt > incremental.createdAt ? initial : incremental;
}

function update(card, connection, actions) {
  const last = newestRun(connection);
  replace(card.state, connection.running ? badge(connection.running) : last ? badge(last) : make("span", { class: "badge is-queued", text: "no run yet" }));
  const fact = (title, value, note, warns) => make("div", {}, make("div", { class: "muted", text: title }), make("div", { class: `value${warns ? " warns" : ""}` }, value), note ? make("div", { class: "muted small" }, note) : null);
  const next = Object.entries(connection.nextRuns).filter(([, time]) => time).sort((a, b) => (a[1] < b[1] ? -1 : 1))[0];
  const schedule = next ? `${next[0]}, ${connection.schedules[next[0]]} UTC` : "no schedule";
  const savePoint = savePointTime(connection.savePoint);
  replace(card.facts,
    fact("Data in CAR", savePoint ? relative(savePoint) : "–", savePoint ? (isOld(savePoint) ? "older than a day" : "age of the save point") : connection.running ? "an initial import is under way" : "no save point yet", isOld(savePoint)),
    fact("Next run", next ? relative(next[1]) : "–", schedule),
    fact("Machines", number(connection.machinesKnown), connection.queued ? `${connection.queued} ${connection.queued === 1 ? "run" : "runs"} queued` : "known to CAR"),
    fact("Last run", last ? relative(last.startedAt) : "never", last ? `${kindText(last)}${last.endedAt ? `, ${durationText((new Date(last.endedAt) - new Date(last.startedAt)) / 1000)}` : ""}` : null));
  replace(card.failure, ...(last?.failure && !connection.running ? [failureLine(last, actions)] : []));
  // The first import is an initial one; afterwards the small one is the usual one.
  const usual = savePoint || last ? "incremental" : "initial";
  for (const button of card.starts) button.classList.toggle("primary", button.dataset.start === usual);
  replace(card.budgets, ...budgetMeters(connection.budgets ?? []));
  if (connection.running) showRunning(connection.running, actions);
  else card.running.hidden = true;
}

function failureLine(job, actions) {
  return make("div", { class: "failure" },
    make("strong", { text: `Code ${job.failure.code}: ` }), make("span", { text: `${job.failure.message} ` }),
    make("button", { type: "button", class: "link", text: "What to do", "aria-label": `What to do about the failure on ${job.connection}`, onclick: () => actions.open(job.id) }));
}

/** What is left of the hour's calls, for the APIs that have a limit. */
function budgetMeters(budgets) {
  const limited = budgets.filter((budget) => budget.hour.limit);
  if (limited.length === 0) return [];
  return [make("div", { class: "muted small", text: "Defender calls left this hour" }),
    make("div", { class: "meters" }, ...limited.map((budget) => {
      const { remaining, limit } = budget.hour;
      const words = `${budget.api}: ${number(remaining)} of ${number(limit)} calls left this hour`;
      const note = budget.closedSeconds > 0 ? `closed ${durationText(budget.closedSeconds)}` : budget.waiting ? `${budget.waiting} waiting` : "";
      return make("div", { class: "meter", title: words },
        make("span", { text: budget.api }),
        make("meter", { min: 0, max: limit, low: limit * 0.1, optimum: limit, value: remaining, "aria-label": words }),
        make("span", { class: "muted", text: note || `${Math.floor((100 * remaining) / limit)} %` }));
    }))];
}

function machinesPerSecond(job) {
  const { done } = job.progress.machines;
  const now = performance.now();
  const known = (samples.get(job.id) ?? []).filter((sample) => now - sample.at < rateWindow && sample.done <= done && sample.phase === job.progress.phase);
  known.push({ at: now, done, phase: job.progress.phase });
  samples.set(job.id, known);
  const first = known[0];
  // Too short a look gives a number that only confuses.
  if (now - first.at < 2000 || done === first.done) return null;
  return ((done - first.done) * 1000) / (now - first.at);
}

/** How far a running job is; hides the box when the job has ended. */
export function showRunning(job, actions) {
  const card = cards.get(job.connection);
  if (!card) return;
  if (!isRunning(job)) {
    samples.delete(job.id);
    if (card.running.dataset.job === job.id) card.running.hidden = true;
    return;
  }
  if (card.running.dataset.job !== job.id) buildRunning(card.running, job, actions);
  const box = card.running;
  const { done, total } = job.progress.machines;
  const rate = machinesPerSecond(job);
  const left = job.progress.etaSeconds ?? (rate && total > done ? (total - done) / rate : null);
  const bar = box.querySelector("progress");
  bar.max = Math.max(total, 1);
  if (total > 0) bar.value = Math.min(done, total); else bar.removeAttribute("value");
  const current = phases.indexOf(job.progress.phase);
  box.querySelectorAll("li").forEach((item, position) => {
    item.className = position < current ? "done" : "";
    if (position === current) item.setAttribute("aria-current", "step"); else item.removeAttribute("aria-current");
  });
  box.querySelector("[data-head]").textContent = `${kindText(job)}${job.attempt > 1 ? `, attempt ${job.attempt}` : ""}`;
  box.querySelector("[data-percent]").textContent = total > 0 ? `${Math.floor((100 * Math.min(done, total)) / total)} %` : "";
  const { waitingUntil } = job.progress;
  const words = [
    waitingUntil ? `waits for Defender's call limits until ${clockTime(waitingUntil)}` : null,
    `${number(done)} of ${number(total)} machines`, rate ? `${number(Math.round(rate * 10) / 10)}/s` : null,
    left === null ? null : `about ${durationText(Math.round(left))} left`,
    `${number(job.progress.requests.defender)} Defender and ${number(job.progress.requests.car)} CAR requests`,
  ];
  box.querySelector("[data-line]").textContent = words.filter(Boolean).join(" · ");
  const cancel = box.querySelector("[data-cancel]");
  cancel.disabled = job.state === "cancelling";
  cancel.textContent = job.state === "cancelling" ? "Cancelling…" : "Cancel";
  replace(card.state, badge(job));
  box.hidden = false;
}

function buildRunning(box, job, actions) {
  box.dataset.job = job.id;
  box.replaceChildren(
    make("div", { class: "head" }, make("strong", { "data-head": "" }), make("span", { "data-percent": "" })),
    make("progress", { "aria-label": `Progress on ${job.connection}` }),
    make("ol", { class: "phases", "aria-label": "Phases" }, ...phases.map((phase) => make("li", { text: phase }))),
    make("div", { "data-line": "", class: "muted small" }),
    make("div", { class: "buttons" },
      make("button", { type: "button", "data-cancel": "", text: "Cancel", "aria-label": `Cancel the run on ${job.connection}`, onclick: (event) => actions.cancel(job.id, event.currentTarget) }),
      make("button", { type: "button", class: "plain", text: "Details", "aria-label": `Details of the run on ${job.connection}`, onclick: () => actions.open(job.id) })));
}

const marks = { bad: "✕ ", old: "! ", busy: "▶ ", idle: "", good: "✓ " };

/** The tab's title, for those who look at it from afar. */
export function titleFor(connections, mood) {
  const running = connections.map((connection) => connection.running).filter((job) => job?.progress.machines.total > 0);
  const share = running.map((job) => Math.floor((100 * job.progress.machines.done) / job.progress.machines.total));
  return `${marks[mood]}${mood === "busy" && share.length ? `${Math.min(...share)} % ` : ""}Defender → CAR`;
}

/** One sentence on all of it. */
export function summarize(connections) {
  const failed = connections.filter((connection) => !connection.running && newestRun(connection)?.state === "failed");
  const running = connections.filter((connection) => connection.running);
  const old = connections.filter((connection) => isOld(savePointTime(connection.savePoint)));
  const fresh = connections.filter((connection) => !newestRun(connection));
  const names = (list) => list.map((connection) => connection.name).join(", ");
  if (failed.length) return { mood: "bad", text: `Needs attention: the last run failed on ${names(failed)}` };
  if (running.length) return { mood: "busy", text: `${running.length === 1 ? "A run is" : `${running.length} runs are`} under way on ${names(running)}` };
  if (old.length) return { mood: "old", text: `CAR shows a state of more than a day ago: ${names(old)}` };
  if (fresh.length) return { mood: "idle", text: `Not imported yet: ${names(fresh)}. "Check" tries everything an import needs; "Start initial" copies all of it.` };
  return { mood: "good", text: connections.length === 1 ? "In order" : "In order on every connection" };
}
