// The status page: puts its parts together, acts, and keeps them fresh.
import { ask, askJSON, hasToken, jobPath } from "./page/ask.js";
import { showCharts } from "./page/charts.js";
import { showConnections, showRunning, summarize, titleFor } from "./page/connections.js";
import { find, make } from "./page/dom.js";
import { forgetJobs, jobChanged, loadJobs, loadOlder, loadRecent, loadReports, offerConnections, reports, showJobs } from "./page/history.js";
import { closeJob, isOpen, openJob, showJob, showReport } from "./page/job.js";
import { follow, stopFollowing } from "./page/live.js";
import { askForToken } from "./page/token.js";
import { durationText, isFinal, keepFresh, kindText, secondsOf } from "./page/words.js";

// ---- Saying what happens

// A refused action stays on the page until the next one; that the service does not answer, until it does.
let isOfAction = false;

function showProblem(error, ofAction = false) {
  if (error.name === "AbortError") return;
  const notice = find("notice");
  // Beside what was pressed: an open dialog covers the page.
  const dialog = ofAction ? document.querySelector("dialog[open]") : null;
  if (dialog ? notice.parentElement !== dialog : notice.closest("dialog")) (dialog ?? find("main")).prepend(notice);
  const text = error.status === 401 && hasToken() ? "The service does not know this token." : error.status ? error.message : error instanceof TypeError ? "The service does not answer. Trying again." : `The page itself has failed: ${error.message}`;
  isOfAction = ofAction && error.status !== undefined;
  if (!notice.hidden && notice.textContent === text) return;
  notice.textContent = text;
  notice.hidden = false;
}

function hideProblem(ofAction = false) {
  if (ofAction || !isOfAction) find("notice").hidden = true;
}

let silence = 0;
/** A sentence at the foot of the page, read out by screen readers. */
function say(text) {
  find("said").textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { find("said").textContent = ""; }, 8000);
}

// ---- Acting

/** Runs an action; where the token does not suffice, asks for one and tries again. */
async function act(button, action) {
  button.disabled = true;
  hideProblem(true);
  try {
    for (;;) {
      try {
        await action();
        hideProblem(true);
        break;
      } catch (error) {
        showProblem(error, true);
        if (!error.isAccess) break;
        const why = error.status === 403 ? "This token may only read. Starting and cancelling needs the operator's token."
          : hasToken() ? "The service does not know this token. Try another one."
            : "This needs the operator's token. It stays in this tab's memory only.";
        if (!await askForToken(why)) break;
      }
    }
  } finally {
    button.disabled = false;
    refresh();
  }
}

const actions = {
  start: (connection, kind, button) => act(button, async () => {
    const job = await askJSON(`v1/imports/${kind}`, { method: "POST", body: { connection } });
    say(`${kind} run ${job.state} on ${job.connection}`);
    watch(job.id);
  }),
  cancel: (id, button) => act(button, async () => {
    showChange(await askJSON(jobPath(id, "/cancel"), { method: "POST" }));
  }),
  check: (name, button) => act(button, async () => {
    find("check-title").textContent = `Check of ${name}`;
    find("check-body").replaceChildren(make("p", { class: "muted", text: "Asking Defender and CAR…" }));
    const answer = askJSON(`v1/connections/${encodeURIComponent(name)}/check`, { method: "POST" });
    if (!find("check-dialog").open) find("check-dialog").showModal();
    try {
      showChecks((await answer).checks);
    } catch (error) {
      find("check-dialog").close();
      throw error;
    }
  }),
  open: (id) => openJob(id, actions).catch(showProblem),
};

function showChecks(checks) {
  find("check-body").replaceChildren(make("ul", { class: "checks" }, ...checks.map((check) => make("li", {},
    make("span", { class: `badge is-${check.status === "ok" ? "succeeded" : "failed"}`, text: check.status === "ok" ? "✓ ok" : `✕ ${check.status}` }),
    ` ${check.name}`, check.hint ? make("div", { class: "muted", text: check.hint }) : null))));
}

// ---- Following

function watch(id) {
  follow(id, showChange, () => refresh());
}

const lastStates = new Map();

function showChange(job) {
  // What is queued, last and next has changed with it.
  if (lastStates.get(job.id) !== job.state) { lastStates.set(job.id, job.state); refresh(); }
  if (jobChanged(job)) showJobs(actions.open);
  showRunning(job, actions);
  if (isOpen(job.id)) {
    showJob(job, actions);
    if (isFinal(job)) showReport(job.id).catch(showProblem);
  }
  if (isFinal(job)) say(`${kindText(job)} run on ${job.connection} ${job.state}${secondsOf(job) === null ? "" : ` after ${durationText(secondsOf(job))}`}`);
}

// ---- Keeping it fresh

let timer = 0;
let isRefreshing = false;
let isWanted = false;

async function refresh() {
  isWanted = isRefreshing;
  if (isRefreshing) return;
  isRefreshing = true;
  clearTimeout(timer);
  let delay = 10000;
  try {
    const [{ connections }, recent] = await Promise.all([askJSON("v1/connections"), loadRecent(), loadJobs()]);
    find("locked").hidden = true;
    find("content").hidden = false;
    showConnections(connections, actions);
    offerConnections(connections.map((connection) => connection.name));
    const { mood, text } = summarize(connections);
    Object.assign(find("summary"), { className: `summary ${mood}`, hidden: false });
    if (find("summary").textContent !== text) find("summary").textContent = text;
    document.title = titleFor(connections, mood);
    showJobs(actions.open);
    // Before the reports too: a service that goes away now leaves what is known on the page.
    showCharts(recent, reports, actions.open);
    if (await loadReports(recent)) {
      showJobs(actions.open);
      showCharts(recent, reports, actions.open);
    }
    connections.map((connection) => connection.running).filter(Boolean).forEach((job) => watch(job.id));
    if (connections.some((connection) => connection.running || connection.queued)) delay = 3000;
    find("as-of").textContent = `as of ${new Date().toLocaleTimeString()}`;
    hideProblem();
  } catch (error) {
    if (error.isAccess) {
      find("locked").hidden = false;
      find("content").hidden = true;
      find("summary").hidden = true;
      if (hasToken()) showProblem(error);
      delay = 60000;
    } else {
      showProblem(error);
    }
  } finally {
    isRefreshing = false;
    timer = setTimeout(refresh, isWanted ? 200 : document.hidden ? 60000 : delay);
  }
}

async function changeToken() {
  if (!await askForToken()) return;
  hideProblem(true);
  stopFollowing();
  refresh();
}

find("filters").addEventListener("change", () => { forgetJobs(); refresh(); });
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("more").addEventListener("click", () => loadOlder().then(() => loadReports([])).then(() => showJobs(actions.open)).catch(showProblem));
find("token-button").addEventListener("click", changeToken);
find("unlock").addEventListener("click", changeToken);
find("job-close").addEventListener("click", () => find("job-dialog").close());
find("check-close").addEventListener("click", () => find("check-dialog").close());
find("job-dialog").addEventListener("close", closeJob);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(keepFresh, 5000);
find("specification").addEventListener("click", async (event) => {
  // A link can't carry the token, so the document is fetched and opened from memory.
  if (!hasToken()) return;
  event.preventDefault();
  try {
    const text = await (await ask("openapi.yaml", { accept: "application/yaml" })).text();
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    window.open(address, "_blank", "noopener");
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (error) { showProblem(error); }
});
refresh();
