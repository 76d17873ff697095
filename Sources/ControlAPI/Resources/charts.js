// The last runs as small pictures. The same numbers are in the table of the history.
import { draw, find, make } from "./dom.js";
import { compact, durationText, isFinal, kindText, secondsOf, shortTime, timeText } from "./words.js";

const runsMax = 40;
const [width, height, left, bottom, top] = [360, 150, 44, 20, 12];

/** - reports: of the jobs that have one, by id. */
export function showCharts(jobs, reports, open) {
  const runs = jobs.filter((job) => isFinal(job) && job.startedAt).slice(0, runsMax).reverse();
  if (runs.length === 0) {
    find("charts").replaceChildren(make("p", { class: "empty muted", text: "No run has ended yet." }));
    return;
  }
  const failed = runs.filter((job) => job.state === "failed").length;
  const ended = `the last ${runs.length} ${runs.length === 1 ? "run" : "runs"}${failed ? `, ${failed} failed` : ""}`;
  const sum = (job, member) => Object.values(reports.get(job.id)?.records ?? {}).reduce((total, read) => total + member(read), 0);
  const skipped = (read) => Object.values(read.skipped).reduce((total, count) => total + count, 0);
  find("charts").replaceChildren(
    chart("Duration", runs, (job) => secondsOf(job), durationText, `Duration of ${ended}`, open),
    chart("Records read", runs, (job) => sum(job, (read) => read.read), compact, `Records read by ${ended}; the darker part was skipped`, open, (job) => sum(job, skipped)),
    chart("Calls to Defender", runs, (job) => job.progress.requests.defender, compact, `Calls to Defender's API made by ${ended}: what they took from the budget`, open));
}

function chart(title, runs, value, text, words, open, darker) {
  const most = niceCeiling(Math.max(...runs.map(value)));
  const [inner, tall] = [width - left - 8, height - top - bottom];
  const y = (amount) => height - bottom - (amount / most) * tall;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${words}. Most: ${text(Math.max(...runs.map(value)))}.` });
  for (const part of [0, 0.5, 1]) {
    svg.append(
      draw("line", { class: "grid", x1: left, x2: width - 8, y1: y(most * part), y2: y(most * part) }),
      draw("text", { x: left - 6, y: y(most * part) + 4, "text-anchor": "end" }, text(most * part)));
  }
  const step = inner / Math.max(runs.length, 8);
  runs.forEach((job, position) => {
    const amount = value(job);
    const x = left + position * step + step * 0.15;
    const bar = draw("rect", { class: `bar is-${job.state}`, x, width: Math.min(step * 0.7, 22), y: Math.min(y(amount), height - bottom - 2), height: Math.max(2, height - bottom - y(amount)), rx: 1.5 });
    bar.append(draw("title", {}, `${timeText(job.startedAt)}: ${kindText(job)}, ${job.state}, ${text(amount)}`));
    bar.addEventListener("click", () => open(job.id));
    svg.append(bar);
    const part = darker?.(job) ?? 0;
    if (part > 0) svg.append(draw("rect", { class: "skipped", x, width: Math.min(step * 0.7, 22), y: y(part), height: Math.max(1, height - bottom - y(part)) }));
    if (job.state === "failed") svg.append(draw("text", { class: "cross", x: x + Math.min(step * 0.35, 11), y: Math.min(y(amount), height - bottom - 2) - 3, "text-anchor": "middle" }, "✕"));
  });
  svg.append(draw("text", { x: left, y: height - 4 }, shortTime(runs[0].startedAt)));
  if (runs.length > 1) svg.append(draw("text", { x: Math.max(left + 190, left + runs.length * step), y: height - 4, "text-anchor": "end" }, shortTime(runs.at(-1).startedAt)));
  return make("figure", {}, make("figcaption", {}, make("strong", { text: title }), make("span", { class: "muted", text: ` last ${text(value(runs.at(-1)))}` })), svg);
}

/** The next round number, for the scale. */
function niceCeiling(amount) {
  if (!(amount > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(amount));
  return [1, 2, 4, 6, 10].find((factor) => factor * power >= amount) * power;
}
