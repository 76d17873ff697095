// How values are said.
import { make } from "./dom.js";

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const shortFormat = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const numberFormat = new Intl.NumberFormat();
const compactFormat = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const number = (value) => numberFormat.format(value);
export const compact = (value) => compactFormat.format(value);
export const timeText = (text) => (text ? timeFormat.format(new Date(text)) : "–");
export const shortTime = (text) => shortFormat.format(new Date(text));

export const clockTime = (text) => clockFormat.format(new Date(text));

/** Whether a time (`null`: never) is more than a day ago. */
export const isOld = (text) => text !== null && Date.now() - new Date(text) > 86400000;

export function relativeText(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relativeFormat.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 0 ? `in ${Math.ceil(seconds)} s` : Math.abs(seconds) < 10 ? "just now" : `${Math.round(-seconds)} s ago`;
}

/** A time as "3 minutes ago", the moment itself in its tooltip; `keepFresh` renews it. */
export function relative(text) {
  if (!text) return make("span", { text: "never" });
  return make("time", { datetime: text, title: timeText(text), "data-relative": "", text: relativeText(text) });
}

export function keepFresh() {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = relativeText(element.dateTime);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** A save point is milliseconds since 1970 as text. */
export const savePointTime = (text) => (text && /^\d+$/.test(text) ? new Date(Number(text)).toISOString() : null);

export function durationText(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds > 0 && seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${Math.round(Math.max(0, seconds) * 10) / 10} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${rest} s` : `${rest} s`;
}

export const isFinal = (job) => ["succeeded", "failed", "cancelled"].includes(job.state);
export const isRunning = (job) => job.state === "running" || job.state === "cancelling";

export function secondsOf(job) {
  if (!job.startedAt) return null;
  return ((job.endedAt ? new Date(job.endedAt) : new Date()) - new Date(job.startedAt)) / 1000;
}

const marks = { succeeded: "✓", failed: "✕", cancelled: "–", cancelling: "…", running: "▶", queued: "◷" };

/** The state as word and mark, so that it does not depend on colour. */
export function badge(job) {
  return make("span", { class: `badge is-${job.state}` }, make("span", { "aria-hidden": "true", text: marks[job.state] ?? "" }), ` ${job.state}`);
}

export const kindText = (job) =>
  job.effectiveKind && job.effectiveKind !== job.kind ? `${job.kind} → ${job.effectiveKind}` : job.kind;

/** What the failure codes ask of the reader. */
export const adviceFor = (failure) => ({
  1: "A fault of the service itself. The log has the details; please report it.",
  10: "CAR could not be used. Look whether it is reachable; the next run goes on where this one stopped.",
  20: "CAR refused something. The save point was reset: the next run is an initial import.",
  50: "Defender answered in an unexpected way. The next run may succeed.",
  51: "Defender could not be reached. Look at the network, the proxy and DEFENDER_API_URL.",
  52: "Defender's login refused the credentials. Is the client secret expired, the tenant right?",
  53: "The application lacks a permission. \"Check\" says which one.",
  54: "Defender refused a parameter. Look at the settings named in the message.",
  55: failure.message.startsWith("deletion guard") ? "Nothing was changed. Look whether Defender's list is complete before you raise the limit." : "Defender's data could not be used. The next run may succeed.",
})[failure.code] ?? "";
