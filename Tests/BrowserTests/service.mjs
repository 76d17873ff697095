// The built program as a sandbox and as a service, for tests that drive it from outside.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const program = process.env.DEFENDER_CAR ?? join(dirname(fileURLToPath(import.meta.url)), "../../.build/debug/defender-car");
const startSeconds = 60;

/** Starts the program and waits for a line of its output. */
function start(options, environment, pattern) {
  const child = spawn(program, options, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const found = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${pattern} in: ${output}`)), startSeconds * 1000);
    const read = (chunk) => {
      output = (output + chunk).slice(-100000);
      const match = output.match(pattern);
      if (match) { clearTimeout(timer); resolve(match); }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", () => { clearTimeout(timer); reject(new Error(`ended: ${output}`)); });
  });
  const stop = () => new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", resolve);
    child.kill("SIGKILL");
  });
  return { found, stop, output: () => output };
}

export const tokens = { operate: "operator-token-of-the-test", read: "reading-token-of-the-test" };

/** As long as a source's name may well be, and without a place to break it. */
export const longName = "Northwind-Traders-production-europe-west-Microsoft-Windows-Defender-ATP-0a5c1d2e";

/** A service with one connection that works ("Contoso"), one whose client secret is wrong ("Fabrikam") and one of a long name whose CAR refuses the password. */
export class Service {
  static async start({ machines = 400, carDelay = 20 } = {}) {
    const service = new Service();
    service.folder = await mkdtemp(join(tmpdir(), "service-"));
    const base = { PATH: process.env.PATH };
    service.sandbox = start(["sandbox", "--machines", String(machines), "--rows", "10", "--car-delay", String(carDelay), "--defender-port", "0", "--car-port", "0"], base, /# \d+ machines/);
    await service.sandbox.found;
    const exported = Object.fromEntries([...service.sandbox.output().matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
    const config = join(service.folder, "config.yaml");
    await writeFile(config, `connections:
  - CONNECTION_NAME: Contoso
    SCHEDULE_INCREMENTAL: "0 */4 * * *"
  - CONNECTION_NAME: Fabrikam
    CONFIGURATION_AUTH_CLIENTSECRET: not-the-secret
    CONFIGURATION_AUTH_TENANT: ${exported.CONFIGURATION_AUTH_TENANT}
  - CONNECTION_NAME: ${longName}
    CAR_SERVICE_PASSWORD: not-the-password
`);
    service.environment = {
      ...base, ...exported, STATE_DIR: join(service.folder, "state"), HTTP_LISTEN: "127.0.0.1:0", LOG_LEVEL: "warning",
      API_TOKEN: tokens.operate, API_READ_TOKEN: tokens.read, DEFENDER_REQUESTS_PER_HOUR: "9000", DEFENDER_HUNTING_PER_HOUR: "1500",
    };
    service.process = start(["serve", "--config", config], service.environment, /listening on (\S+)/);
    service.url = (await service.process.found)[1];
    return service;
  }

  async ask(path, options = {}) {
    const response = await fetch(this.url + path, { ...options, headers: { Authorization: `Bearer ${tokens.operate}`, "Content-Type": "application/json" } });
    return response.json();
  }

  /** Whether Defender takes its time for every machine. */
  async slowDown(isSlow) {
    const faults = isSlow ? [{ endpoint: "logonusers", kind: "delay", milliseconds: 100, count: null }] : [];
    const response = await fetch(`${this.environment.DEFENDER_API_URL}/_sandbox/faults`, { method: "PUT", body: JSON.stringify({ faults }) });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Starts a run and waits for its end. */
  async run(kind, connection) {
    const { id } = await this.ask(`/v1/imports/${kind}`, { method: "POST", body: JSON.stringify({ connection }) });
    for (;;) {
      const job = await this.ask(`/v1/jobs/${id}`);
      if (job.endedAt) return job;
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  }

  async stop() {
    await this.process?.stop();
    await this.sandbox?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
