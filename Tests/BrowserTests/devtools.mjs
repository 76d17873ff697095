// Drives a headless chromium by the DevTools protocol over its pipe: no port, no WebSocket, nothing to install for node.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const commandSeconds = 30;

export class Browser {
  #process;
  #next = 0;
  #waiting = new Map();
  #rest = "";
  #listeners = [];
  #profile;

  static async start() {
    const browser = new Browser();
    browser.#profile = await mkdtemp(join(tmpdir(), "page-"));
    browser.#process = spawn("chromium", [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-background-networking", "--remote-debugging-pipe", `--user-data-dir=${browser.#profile}`, "about:blank",
    ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    browser.#process.stdio[4].on("data", (chunk) => browser.#receive(chunk.toString()));
    // A browser that ends fails every command that waits for it.
    browser.#process.on("exit", () => {
      for (const { reject } of browser.#waiting.values()) reject(new Error("the browser has ended"));
    });
    return browser;
  }

  #receive(text) {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop();
    for (const message of messages.map((part) => JSON.parse(part))) {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (waiting && message.error) waiting.reject(new Error(`${waiting.method}: ${message.error.message}`));
      else if (waiting) waiting.resolve(message.result);
      else for (const listener of this.#listeners) listener(message);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#next;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer within ${commandSeconds} s`)), commandSeconds * 1000);
      const settle = (action) => (value) => { clearTimeout(timer); action(value); };
      this.#waiting.set(id, { method, resolve: settle(resolve), reject: settle(reject) });
      this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  onEvent(listener) { this.#listeners.push(listener); }

  /** A tab of its own, without anything of other tabs. */
  async open(address, { width = 1280, height = 900, dark = false, phone = false } = {}) {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const tab = new Tab(this, sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network", "Accessibility"]) await tab.send(`${domain}.enable`);
    await tab.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
    await tab.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    await tab.send("Page.navigate", { url: address });
    await tab.until(`location.href.startsWith(${JSON.stringify(address)}) && document.readyState === "complete"`);
    return tab;
  }

  async stop() {
    const ended = new Promise((resolve) => { this.#process.once("exit", resolve); });
    this.#process.kill();
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Tab {
  /** What went wrong in the page, refused answers of the API aside. */
  complaints = [];
  hosts = new Set();

  constructor(browser, sessionId) {
    this.browser = browser;
    this.sessionId = sessionId;
    browser.onEvent(({ method, params, sessionId: session }) => {
      if (session !== sessionId) return;
      if (method === "Runtime.exceptionThrown") this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === "Log.entryAdded" && params.entry.source !== "network" && params.entry.level === "error") this.complaints.push(params.entry.text);
      if (method === "Network.requestWillBeSent" && params.request.url.startsWith("http")) this.hosts.add(new URL(params.request.url).host);
    });
  }

  send(method, params) { return this.browser.send(method, params, this.sessionId); }

  /** The value of an expression in the page. */
  async value(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until the expression is true. */
  async until(expression, seconds = 60) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      // An element that is not there yet, or a page that is being replaced, is no reason to give up.
      const isTrue = await this.value(`Boolean(${expression})`).catch(() => false);
      if (isTrue) return;
      if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${expression}\npage: ${await this.value("document.body.innerText")}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  /** Clicks where a person would: the element has to be visible and on top. */
  async click(selector) {
    await this.until(`document.querySelector(${JSON.stringify(selector)})?.disabled === false || document.querySelector(${JSON.stringify(selector)})?.tagName === "A"`);
    const box = await this.value(`(() => { const element = document.querySelector(${JSON.stringify(selector)}); element.scrollIntoView({ block: "center" }); const { x, y, width, height } = element.getBoundingClientRect(); const top = document.elementFromPoint(x + width / 2, y + height / 2); return { x: x + width / 2, y: y + height / 2, isFree: element.contains(top) }; })()`);
    if (!box.isFree) throw new Error(`${selector} is covered`);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, x: box.x, y: box.y, button: "left", clickCount: 1 });
    }
  }

  async type(text) { await this.send("Input.insertText", { text }); }

  async press(key) {
    const codes = { Tab: 9, Enter: 13, Escape: 27 };
    const event = { key, code: key, windowsVirtualKeyCode: codes[key], ...(key === "Enter" ? { text: "\r" } : {}) };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Saves a picture of the whole page, or of what is in view. */
  async picture(path, { whole = true } = {}) {
    const options = { format: "png", captureBeyondViewport: whole };
    if (whole) {
      const { cssContentSize } = await this.send("Page.getLayoutMetrics");
      options.clip = { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height, scale: 1 };
    }
    const { data } = await this.send("Page.captureScreenshot", options);
    await writeFile(path, Buffer.from(data, "base64"));
  }
}
