// The last runs as small pictures. The same numbers are in the table below them.
import { draw, find, make } from "./dom.js";
import { compact, durationText, isFinal, kindText, secondsOf, shortTime, timeText } from "./words.js";

const runsMax = 40;
const [width, height, left, bottom, top] = [360, 150, 48, 20, 12];
/** Beyond this many times the middle one the largest would leave nothing to see of the others. */
const spreadMax = 12;
const secondsTicks = [0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 360000];
const countTicks = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8];

/** - reports: of the jobs that have one, by id. */
export function showCharts(jobs, reports, open) {
  const runs = jobs.filter((job) => isFinal(job) && job.startedAt).slice(0, runsMax).reverse();
  find("legend").hidden = runs.length === 0;
  if (runs.length === 0) {
    find("charts").replaceChildren(make("p", { class: "empty muted", text: "No run has ended yet." }));
    return;
  }
  const failed = runs.filter((job) => job.state === "failed").length;
  const ended = `the last ${runs.length} ${runs.length === 1 ? "run" : "runs"}${failed ? `, ${failed} failed` : ""}`;
  const sum = (job, member) => Object.values(reports.get(job.id)?.records ?? {}).reduce((total, read) => total + member(read), 0);
  const skipped = (read) => Object.values(read.skipped).reduce((total, count) => total + count, 0);
  // Their reports are still asked for: zeros would be an untruth.
  const isLoading = runs.some((job) => !reports.has(job.id));
  const pictures = [
    chart("Duration", runs, (job) => secondsOf(job), durationText, secondsTicks, `Duration of ${ended}`, open),
    isLoading ? placeholder("Records read") : chart("Records read", runs, (job) => sum(job, (read) => read.read), compact, countTicks, `Records read by ${ended}`, open, (job) => sum(job, skipped)),
    chart("Calls to Defender", runs, (job) => job.progress.requests.defender, compact, countTicks, `Calls to Defender's API made by ${ended}: what they took from the budget`, open)];
  find("charts").replaceChildren(...pictures.map((picture) => picture.figure));
  const has = (state) => runs.some((job) => job.state === state);
  find("legend").textContent = [
    `A bar is a run, the newest on the right${has("failed") ? "; red with ✕: failed" : ""}${has("cancelled") ? "; brown: cancelled" : ""}.`,
    runs.some((job) => sum(job, skipped) > 0) ? "Dark at its foot: records that were skipped." : "",
    pictures.some((picture) => picture.isLogarithmic) ? "Where runs differ much, each line is a multiple of the one below." : "",
  ].filter(Boolean).join(" ");
}

function placeholder(title) {
  const figure = make("figure", {}, make("figcaption", {}, make("strong", { text: title })), make("div", { class: "muted loading", text: "asking…" }));
  return { figure, isLogarithmic: false };
}

/** Where an amount is, from 0 to 1, and the amounts that get a line. */
function scaleFor(amounts, ticks) {
  const most = Math.max(...amounts);
  const middle = amounts.filter((amount) => amount > 0).sort((a, b) => a - b)[Math.floor(amounts.filter((amount) => amount > 0).length / 2)] ?? 0;
  if (middle > 0 && most > spreadMax * middle) {
    const lowest = ticks.filter((tick) => tick <= middle / 3).at(-1) ?? ticks[0];
    const lines = ticks.filter((tick) => tick >= lowest && tick <= most);
    const span = Math.log(most * 1.15 / lowest);
    return { isLogarithmic: true, lines, place: (amount) => Math.max(0, Math.log(Math.max(amount, lowest) / lowest) / span) };
  }
  const top = niceCeiling(most);
  return { isLogarithmic: false, lines: [0, top / 2, top], place: (amount) => amount / top };
}

function chart(title, runs, value, text, ticks, words, open, skipped) {
  const amounts = runs.map(value);
  const scale = scaleFor(amounts, ticks);
  const [inner, tall] = [width - left - 8, height - top - bottom];
  const y = (amount) => height - bottom - scale.place(amount) * tall;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${words}. Most: ${text(Math.max(...amounts))}, last: ${text(amounts.at(-1))}.` });
  for (const line of scale.lines) {
    svg.append(
      draw("line", { class: "grid", x1: left, x2: width - 8, y1: y(line), y2: y(line) }),
      draw("text", { x: left - 6, y: y(line) + 4, "text-anchor": "end" }, text(line)));
  }
  const step = inner / Math.max(runs.length, 8);
  const bar = (kind, x, amount, least) => draw("rect", { class: kind, x, width: Math.min(step * 0.7, 22), y: Math.min(y(amount), height - bottom - least), height: Math.max(least, height - bottom - y(amount)), rx: 1.5 });
  runs.forEach((job, position) => {
    const [amount, x] = [amounts[position], left + position * step + step * 0.15];
    const whole = bar(`bar is-${job.state}`, x, amount, 2);
    const part = skipped?.(job) ?? 0;
    whole.append(draw("title", {}, `${timeText(job.startedAt)}: ${kindText(job)} on ${job.connection}, ${job.state}, ${text(amount)}${part ? `, ${compact(part)} skipped` : ""}`));
    whole.addEventListener("click", () => open(job.id));
    svg.append(whole);
    // As a share of the bar, so that it means the same on either scale.
    if (part > 0) {
      const share = Math.max(2, (height - bottom - y(amount)) * (part / amount));
      svg.append(draw("rect", { class: "skipped", x, width: Math.min(step * 0.7, 22), y: height - bottom - share, height: share }));
    }
    if (job.state === "failed") svg.append(draw("text", { class: "cross", x: x + Math.min(step * 0.35, 11), y: Math.min(y(amount), height - bottom - 2) - 3, "text-anchor": "middle" }, "✕"));
  });
  svg.append(draw("text", { x: left, y: height - 4 }, shortTime(runs[0].startedAt)));
  // Never so far to the left that the two times touch.
  if (runs.length > 1) svg.append(draw("text", { x: Math.max(left + 230, left + runs.length * step), y: height - 4, "text-anchor": "end" }, shortTime(runs.at(-1).startedAt)));
  const figure = make("figure", {}, make("figcaption", {}, make("strong", { text: title }), make("span", { class: "muted", text: ` last ${text(amounts.at(-1))}` })), svg);
  return { figure, isLogarithmic: scale.isLogarithmic };
}

/** The next round number, for the scale. */
function niceCeiling(amount) {
  if (!(amount > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(amount));
  return [1, 2, 4, 6, 10].find((factor) => factor * power >= amount) * power;
}
