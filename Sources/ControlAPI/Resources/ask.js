// Asks the API. The token lives in this module's memory only and is gone with the tab.

let token = "";
export const setToken = (value) => { token = value; };
export const hasToken = () => token !== "";

export class Problem extends Error {
  constructor(status, body) {
    const errors = (body.errors ?? []).map((error) => `${error.field}: ${error.reason}`);
    super([body.detail ?? body.title ?? `HTTP ${status}`, ...errors].join(" "));
    this.status = status;
    this.code = body.code;
  }

  /** Whether another token would help. */
  get isAccess() { return this.status === 401 || (this.status === 403 && this.code === "forbidden"); }
}

export async function ask(path, { method = "GET", signal, accept = "application/json", body, headers = {} } = {}) {
  const all = { Accept: accept, ...headers };
  if (token) all.Authorization = `Bearer ${token}`;
  if (body) all["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method, headers: all, signal, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit",
  });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response;
}

export const askJSON = async (path, options) => (await ask(path, options)).json();

export const jobPath = (id, rest = "") => `v1/jobs/${encodeURIComponent(id)}${rest}`;
