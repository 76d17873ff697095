// Follows running jobs over Server-Sent Events. Read by fetch, since EventSource can't send the token.
import { ask, jobPath } from "./ask.js";

const streams = new Map();
// A browser opens few connections to one host, so few jobs are followed; the others are polled.
const streamsMax = 3;
const reconnectsMax = 20;

/** Calls `onJob` with every change of the job until it ends, and `onEnd` once after that. */
export async function follow(id, onJob, onEnd) {
  if (streams.has(id) || streams.size >= streamsMax) return;
  const abort = new AbortController();
  streams.set(id, abort);
  const state = { lastEvent: null };
  try {
    for (let attempt = 0; attempt < reconnectsMax && !abort.signal.aborted; attempt += 1) {
      if (await readOnce(id, state, abort.signal, onJob)) break;
      await new Promise((resolve) => { setTimeout(resolve, Math.min(10000, 500 * 2 ** attempt)); });
    }
  } finally {
    streams.delete(id);
    if (!abort.signal.aborted) onEnd();
  }
}

/** Returns whether the stream is over for good: the job has ended, or the service refuses. */
async function readOnce(id, state, signal, onJob) {
  try {
    const headers = state.lastEvent ? { "Last-Event-ID": state.lastEvent } : {};
    const response = await ask(jobPath(id, "/events"), { accept: "text/event-stream", headers, signal });
    if (response.status === 204) return true;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let hasEnded = false;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return hasEnded;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = new Map(block.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]));
        if (!fields.has("data")) continue;
        state.lastEvent = fields.get("id") ?? state.lastEvent;
        const job = JSON.parse(fields.get("data"));
        hasEnded = job.endedAt !== null;
        onJob(job);
      }
    }
  } catch (error) {
    // A refusal stays one; a connection that broke is opened again.
    return error.name === "AbortError" || error.status !== undefined;
  }
}

export function stopFollowing() {
  for (const abort of streams.values()) abort.abort();
}
