"use strict";
// The status page. Every value is inserted as text (textContent), never as markup. The token lives in this variable only
// and is gone with the tab.
let token = "";
const page = { connections: [], jobs: [], cursor: null, streams: new Map(), rates: new Map(), openJob: null };

const find = (id) => document.getElementById(id);

/** An element with text, attributes and children. */
function make(name, options = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (key === "text") element.textContent = value;
    else if (key === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// ---- Asking the API

class Problem extends Error {
  constructor(status, body) {
    const errors = (body.errors ?? []).map((error) => `${error.field}: ${error.reason}`);
    super([body.detail ?? body.title ?? `HTTP ${status}`, ...errors].join(" "));
    this.status = status;
    this.code = body.code;
  }
}

async function ask(path, { method = "GET", signal, accept = "application/json", body } = {}) {
  const headers = { Accept: accept };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method, headers, signal, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit",
  });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response;
}

const askJSON = async (path, options) => (await ask(path, options)).json();

function showProblem(error) {
  if (error.name === "AbortError") return;
  const notice = find("notice");
  const isAccess = error.status === 401 || error.status === 403;
  notice.className = "notice bad";
  notice.textContent = error.status ? error.message : "The service does not answer. Trying again.";
  notice.hidden = false;
  if (isAccess && !find("token-dialog").open) {
    notice.append(" ", make("button", { type: "button", text: "Enter token", onclick: () => askForToken() }));
  }
}

function hideProblem() { find("notice").hidden = true; }

// ---- Words

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const numberFormat = new Intl.NumberFormat();

const timeText = (text) => (text ? timeFormat.format(new Date(text)) : "–");
const savePointText = (text) => (text && /^\d+$/.test(text) ? timeFormat.format(new Date(Number(text))) : text ?? "none");

function timeElement(text) {
  return text ? make("time", { datetime: text, text: timeText(text) }) : make("span", { text: "–" });
}

function durationText(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${rest} s` : `${rest} s`;
}

const isFinal = (job) => ["succeeded", "failed", "cancelled"].includes(job.state);

function secondsOf(job) {
  if (!job.startedAt) return null;
  return ((job.endedAt ? new Date(job.endedAt) : new Date()) - new Date(job.startedAt)) / 1000;
}

function badge(job) {
  return make("span", { class: `badge ${job.state === "running" ? "running-state" : job.state}`, text: job.state });
}

const kindText = (job) =>
  job.effectiveKind && job.effectiveKind !== job.kind ? `${job.kind} → ${job.effectiveKind}` : job.kind;

// ---- Connections and what runs there

function describe(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) {
    list.append(make("dt", { text: name }), value instanceof Node ? make("dd", {}, value) : make("dd", { text: value }));
  }
  return list;
}

function connectionCard(connection) {
  const runs = (kind) => {
    const last = connection.lastRuns[kind];
    return last ? make("span", {}, badge(last), ` ${timeText(last.startedAt)}`) : "never";
  };
  const next = (kind) => {
    if (connection.nextRuns[kind]) return timeElement(connection.nextRuns[kind]);
    return connection.schedules[kind] ?? "not scheduled";
  };
  const start = (kind) => make("button", {
    type: "button", class: kind === "incremental" ? "primary" : null, text: `Start ${kind}`,
    "aria-label": `Start ${kind} on ${connection.name}`,
    onclick: (event) => startRun(connection.name, kind, event.currentTarget),
  });
  const card = make("article", { class: "card", "data-connection": connection.name },
    make("h3", { text: connection.name }),
    describe([
      ["Save point", savePointText(connection.savePoint)],
      ["Machines known", numberFormat.format(connection.machinesKnown)],
      ["Last incremental", runs("incremental")], ["Next incremental", next("incremental")],
      ["Last initial", runs("initial")], ["Next initial", next("initial")],
      ["Queued", numberFormat.format(connection.queued)],
    ]),
    make("div", { class: "buttons" }, start("incremental"), start("initial")),
    make("div", { class: "running", hidden: "" }));
  return card;
}

function showConnections() {
  // The buttons are replaced with the cards: keep the keyboard where it was.
  const focused = document.activeElement?.getAttribute("aria-label");
  find("connections").replaceChildren(...page.connections.map(connectionCard));
  for (const connection of page.connections) {
    if (connection.running) showRunning(connection.running);
  }
  if (focused) find("connections").querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  const select = find("filters").elements.connection;
  const names = new Set([...select.options].map((option) => option.value));
  for (const { name } of page.connections) {
    if (!names.has(name)) select.append(make("option", { value: name, text: name }));
  }
}

/** Machines a second since the page first saw the job, for what the service itself can't tell. */
function rateText(job) {
  const { done } = job.progress.machines;
  const now = performance.now();
  const first = page.rates.get(job.id);
  if (!first || first.phase !== job.progress.phase || done < first.done) {
    page.rates.set(job.id, { phase: job.progress.phase, done, at: now });
    return null;
  }
  // Too short a look gives a number that only confuses.
  if (now - first.at < 3000) return null;
  const rate = ((done - first.done) * 1000) / (now - first.at);
  return rate > 0 ? `${numberFormat.format(Math.round(rate * 10) / 10)} machines/s` : null;
}

function showRunning(job) {
  const card = find("connections").querySelector(`[data-connection="${CSS.escape(job.connection)}"]`);
  const box = card?.querySelector(".running");
  if (!box) return;
  if (isFinal(job) || job.state === "queued") { box.hidden = true; return; }
  const { done, total } = job.progress.machines;
  const bar = box.querySelector("progress") ?? make("progress", { "aria-label": `Progress on ${job.connection}` });
  bar.max = Math.max(total, 1);
  if (total > 0) bar.value = Math.min(done, total); else bar.removeAttribute("value");
  const words = [
    `${numberFormat.format(done)} of ${numberFormat.format(total)} machines`, rateText(job),
    job.progress.etaSeconds === null ? null : `about ${durationText(job.progress.etaSeconds)} left`,
    `${numberFormat.format(job.progress.requests.defender)} Defender and ${numberFormat.format(job.progress.requests.car)} CAR requests`,
  ];
  const line = box.querySelector("[data-line]") ?? make("div", { "data-line": "", class: "muted" });
  line.textContent = words.filter(Boolean).join(" · ");
  const head = box.querySelector("[data-head]") ?? make("div", { "data-head": "" });
  head.replaceChildren(badge(job), ` ${kindText(job)}, phase: ${job.progress.phase}`, job.attempt > 1 ? `, attempt ${job.attempt}` : "");
  let buttons = box.querySelector(".buttons");
  if (buttons?.dataset.job !== job.id) {
    buttons?.remove();
    buttons = make("div", { class: "buttons", "data-job": job.id },
      make("button", { type: "button", "data-cancel": "", text: "Cancel", "aria-label": `Cancel the run on ${job.connection}`, onclick: (event) => cancelRun(job.id, event.currentTarget) }),
      make("button", { type: "button", text: "Details", "aria-label": `Details of the run on ${job.connection}`, onclick: () => openJob(job.id) }));
  }
  buttons.querySelector("[data-cancel]").disabled = job.state === "cancelling";
  if (bar.parentNode !== box) box.replaceChildren(head, bar, line, buttons);
  else if (buttons.parentNode !== box) box.append(buttons);
  box.hidden = false;
}

// ---- Following a running job

/** Reads Server-Sent Events by fetch, since EventSource can't send the token. */
async function follow(id) {
  if (page.streams.has(id)) return;
  const abort = new AbortController();
  page.streams.set(id, abort);
  let hasEnded = false;
  try {
    const response = await ask(`v1/jobs/${encodeURIComponent(id)}/events`, { accept: "text/event-stream", signal: abort.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) { hasEnded = true; break; }
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data) jobChanged(JSON.parse(data.slice(6)));
      }
    }
  } catch (error) {
    // Polling goes on without the stream; a problem that lasts is shown by it.
  } finally {
    page.streams.delete(id);
    if (hasEnded) refreshSoon(1000);
  }
}

function jobChanged(job) {
  const position = page.jobs.findIndex((known) => known.id === job.id);
  if (position >= 0) { page.jobs[position] = job; showJobs(); }
  showRunning(job);
  if (page.openJob === job.id) showJob(job);
  if (isFinal(job)) page.rates.delete(job.id);
}

// ---- History

function jobRow(job) {
  const { done, total } = job.progress.machines;
  const state = make("td", { "data-label": "State" }, make("div", {}, badge(job),
    job.failure ? make("div", { class: "reason", text: job.failure.message.slice(0, 160) }) : null));
  return make("tr", {},
    make("td", { "data-label": "Requested" }, timeElement(job.createdAt)),
    make("td", { "data-label": "Kind", text: kindText(job) }),
    make("td", { "data-label": "Connection", text: job.connection }),
    state,
    make("td", { "data-label": "Duration", class: "tight", text: durationText(secondsOf(job)) }),
    make("td", { "data-label": "Machines", class: "tight", text: total ? `${numberFormat.format(done)} / ${numberFormat.format(total)}` : "–" }),
    make("td", { "data-label": "" }, make("button", {
      type: "button", text: "Details", "data-details": job.id, "aria-label": `Details of the ${job.kind} run of ${timeText(job.createdAt)}`,
      onclick: () => openJob(job.id),
    })));
}

function showJobs() {
  const focused = document.activeElement?.dataset?.details;
  find("jobs").replaceChildren(...page.jobs.map(jobRow));
  if (focused) find("jobs").querySelector(`[data-details="${CSS.escape(focused)}"]`)?.focus();
  find("no-jobs").hidden = page.jobs.length > 0;
  find("more").hidden = !page.cursor;
}

function jobsPath(cursor) {
  const query = new URLSearchParams({ limit: "25" });
  for (const name of ["connection", "kind", "state"]) {
    const { value } = find("filters").elements[name];
    if (value) query.set(name, value);
  }
  if (cursor) query.set("cursor", cursor);
  return `v1/jobs?${query}`;
}

async function showOlder() {
  try {
    const answer = await askJSON(jobsPath(page.cursor));
    page.jobs.push(...answer.jobs);
    page.cursor = answer.nextCursor;
    showJobs();
  } catch (error) { showProblem(error); }
}

// ---- The picture: how long the last runs took, and how many machines they handled

const svgNamespace = "http://www.w3.org/2000/svg";

function draw(name, attributes, text) {
  const element = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function showTrend(jobs) {
  const runs = jobs.filter((job) => isFinal(job) && job.startedAt).slice(0, 40).reverse();
  const figure = find("trend");
  if (runs.length === 0) {
    figure.replaceChildren(make("figcaption", { text: "No run has ended yet." }));
    return;
  }
  const [width, height, left, right, bottom, top] = [720, 180, 92, 64, 24, 14];
  const [innerWidth, innerHeight] = [width - left - right, height - top - bottom];
  const longest = Math.max(1, ...runs.map(secondsOf));
  const most = Math.max(1, ...runs.map((job) => job.progress.machines.done));
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "trend-words" });
  svg.append(
    draw("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
    draw("text", { x: left - 6, y: top + 8, "text-anchor": "end" }, durationText(longest)),
    draw("text", { x: left - 6, y: height - bottom, "text-anchor": "end" }, "0 s"),
    draw("text", { x: width - right + 6, y: top + 8 }, numberFormat.format(most)),
    draw("text", { x: width - right + 6, y: height - bottom }, "0"),
    draw("text", { x: left, y: height - 6 }, timeText(runs[0].startedAt)),
    draw("text", { x: width - right, y: height - 6, "text-anchor": "end" }, timeText(runs.at(-1).startedAt)));
  const step = innerWidth / runs.length;
  const points = [];
  runs.forEach((job, position) => {
    const tall = Math.max(2, (secondsOf(job) / longest) * innerHeight);
    const x = left + position * step;
    const bar = draw("rect", {
      class: `bar-${job.state}`, x: x + step * 0.15, y: height - bottom - tall, width: Math.min(step * 0.7, 28), height: tall, rx: 2, opacity: 0.75,
    });
    bar.append(draw("title", {}, `${timeText(job.startedAt)}: ${kindText(job)}, ${job.state}, ${durationText(secondsOf(job))}, ${job.progress.machines.done} machines`));
    svg.append(bar);
    points.push([x + step * 0.15 + Math.min(step * 0.7, 28) / 2, height - bottom - (job.progress.machines.done / most) * innerHeight]);
  });
  svg.append(draw("polyline", { class: "dots", points: points.map((point) => point.join(",")).join(" ") }));
  for (const [x, y] of points) svg.append(draw("circle", { class: "dot", cx: x, cy: y, r: 3 }));
  const failed = runs.filter((job) => job.state === "failed").length;
  const words = `Bars: duration of the last ${runs.length} runs (longest ${durationText(longest)}; ${failed} failed). Line: machines handled (most ${numberFormat.format(most)}).`;
  figure.replaceChildren(svg, make("figcaption", { id: "trend-words", text: words }));
}

// ---- One job in full

async function openJob(id) {
  page.openJob = id;
  try {
    showJob(await askJSON(`v1/jobs/${encodeURIComponent(id)}`));
    if (!find("job-dialog").open) find("job-dialog").showModal();
    await showReport(id);
  } catch (error) { showProblem(error); }
}

function showJob(job) {
  find("job-title").textContent = `${kindText(job)} on ${job.connection}`;
  const range = `${savePointText(job.savePoint.from)} → ${savePointText(job.savePoint.to)}`;
  const facts = [
    ["State", badge(job)], ["Id", job.id], ["Requested", `${timeText(job.createdAt)} by ${job.trigger}`],
    ["Started", timeElement(job.startedAt)], ["Ended", timeElement(job.endedAt)], ["Duration", durationText(secondsOf(job))],
    ["Attempt", String(job.attempt)], ["Save point", range],
    ["Phase", job.progress.phase],
    ["Machines", `${numberFormat.format(job.progress.machines.done)} of ${numberFormat.format(job.progress.machines.total)}`],
    ["Requests", `${numberFormat.format(job.progress.requests.defender)} to Defender, ${numberFormat.format(job.progress.requests.car)} to CAR`],
  ];
  if (job.fallbackReason) facts.push(["Why initial", job.fallbackReason]);
  if (job.failure) {
    facts.push(["Failure", `${job.failure.class}, code ${job.failure.code}, ${job.failure.retryable ? "may succeed later by itself" : "needs somebody"}`],
      ["Message", job.failure.message]);
  }
  const body = find("job-body");
  const report = body.querySelector("[data-report]") ?? make("div", { "data-report": job.id });
  if (report.dataset.report !== job.id) { report.dataset.report = job.id; report.replaceChildren(); }
  body.replaceChildren(describe(facts),
    isFinal(job) ? "" : make("p", { class: "buttons" }, make("button", { type: "button", text: "Cancel run", onclick: (event) => cancelRun(job.id, event.currentTarget) })),
    report);
}

async function showReport(id) {
  const box = find("job-body").querySelector("[data-report]");
  let report;
  try {
    report = await askJSON(`v1/jobs/${encodeURIComponent(id)}/report`);
  } catch (error) {
    if (error.code !== "no_report") throw error;
    box.replaceChildren(make("p", { class: "muted", text: "No report yet." }));
    return;
  }
  if (page.openJob !== id) return;
  const table = (caption, heads, rows) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", { class: "quiet", text: caption }),
      make("thead", {}, make("tr", {}, ...heads.map((head, column) =>
        make("th", { scope: "col", class: typeof rows[0]?.[column] === "number" ? null : "text", text: head })))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, column) =>
        make("td", { "data-label": heads[column], class: typeof cell === "number" ? "number" : null, text: typeof cell === "number" ? numberFormat.format(cell) : cell })))))));
  const skipped = (counts) => Object.entries(counts).map(([reason, count]) => `${reason}: ${count}`).join(", ") || "0";
  const sums = report.balanced ? "The sums match." : report.final ? "The sums do not match." : "The run goes on; sums need not match yet.";
  box.replaceChildren(
    make("h2", { text: "Report" }), make("p", { class: report.balanced || !report.final ? "muted" : "reason", text: sums }),
    table("Read from Defender", ["Records", "Read", "Mapped", "Skipped"],
      Object.entries(report.records).map(([kind, read]) => [kind, read.read, read.mapped, skipped(read.skipped)])),
    table("Written to CAR", ["Objects", "Sent", "Confirmed", "Created", "Updated", "Disabled", "Deleted"],
      Object.entries(report.objects).map(([name, written]) => [name, written.sent, written.confirmed, written.created, written.updated, written.disabled, written.deleted])));
  if (report.skipped.length) {
    box.append(make("h2", { text: "Skipped records" }), table("Skipped records", ["Kind", "Id", "Reason"],
      report.skipped.map((record) => [record.kind, record.id ?? "–", record.reason])));
  }
}

// ---- Acting

/** Runs an action; where the token does not suffice, asks for one and tries once more. */
async function act(button, action) {
  button.disabled = true;
  try {
    await action();
    hideProblem();
  } catch (error) {
    if (error.status === 401 || error.status === 403 && error.code === "forbidden") {
      if (await askForToken("This needs the operator's token. It stays in this tab's memory only.")) {
        try { await action(); hideProblem(); } catch (again) { showProblem(again); }
      }
    } else { showProblem(error); }
  } finally {
    button.disabled = false;
    refresh();
  }
}

const startRun = (connection, kind, button) => act(button, async () => {
  const job = await askJSON(`v1/imports/${kind}`, { method: "POST", body: { connection } });
  find("service").textContent = `${job.kind} run ${job.state} on ${job.connection}`;
});

const cancelRun = (id, button) => act(button, async () => {
  jobChanged(await askJSON(`v1/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" }));
});

function askForToken(why) {
  const dialog = find("token-dialog");
  if (why) find("token-why").textContent = why;
  find("token-input").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  find("token-input").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const entered = find("token-input").value.trim();
      find("token-input").value = "";
      if (dialog.returnValue === "use" && entered) token = entered;
      if (dialog.returnValue === "forget") token = "";
      if (dialog.returnValue) { for (const abort of page.streams.values()) abort.abort(); refresh(); }
      resolve(dialog.returnValue === "use" && entered !== "");
    }, { once: true });
  });
}

// ---- Keeping it fresh

let timer = 0;
let isRefreshing = false;

function refreshSoon(milliseconds = 300) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

async function refresh() {
  if (isRefreshing) return refreshSoon();
  isRefreshing = true;
  clearTimeout(timer);
  let delay = 10000;
  try {
    const [connections, jobs, all] = await Promise.all([
      askJSON("v1/connections"), askJSON(jobsPath()), askJSON("v1/jobs?limit=60"),
    ]);
    page.connections = connections.connections;
    // Older pages that were asked for stay as they are.
    const newest = new Set(jobs.jobs.map((job) => job.id));
    const oldest = jobs.jobs.at(-1)?.id ?? "";
    const older = page.jobs.filter((job) => !newest.has(job.id) && job.id < oldest && matchesFilters(job));
    if (older.length === 0) page.cursor = jobs.nextCursor;
    page.jobs = [...jobs.jobs, ...older];
    showConnections();
    showJobs();
    showTrend(all.jobs);
    // A browser opens few connections to one host, so few jobs are followed; the others are polled.
    const running = all.jobs.filter((job) => job.state === "running" || job.state === "cancelling");
    for (const job of running.slice(0, 3)) follow(job.id);
    find("service").textContent = `as of ${timeText(new Date().toISOString())}`;
    hideProblem();
  } catch (error) {
    showProblem(error);
    if (error.status === 401 || error.status === 403) delay = 60000;
  } finally {
    isRefreshing = false;
    refreshSoon(document.hidden ? 60000 : delay);
  }
}

function matchesFilters(job) {
  const { connection, kind, state } = find("filters").elements;
  return (!connection.value || job.connection === connection.value) && (!kind.value || job.kind === kind.value)
    && (!state.value || job.state === state.value);
}

find("filters").addEventListener("change", () => { page.jobs = []; page.cursor = null; refresh(); });
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("more").addEventListener("click", showOlder);
find("token-button").addEventListener("click", () => askForToken());
find("token-cancel").addEventListener("click", () => find("token-dialog").close(""));
find("job-close").addEventListener("click", () => find("job-dialog").close());
find("job-dialog").addEventListener("close", () => { page.openJob = null; });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
find("specification").addEventListener("click", async (event) => {
  // A link can't carry the token, so the document is fetched and opened from memory.
  if (!token) return;
  event.preventDefault();
  try {
    const text = await (await ask("openapi.yaml", { accept: "application/yaml" })).text();
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    window.open(address, "_blank", "noopener");
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (error) { showProblem(error); }
});
refresh();
