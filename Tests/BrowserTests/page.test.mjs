// The status page in a real browser: node --test Tests/BrowserTests
// Pictures of its states go to the folder ARTIFACTS (.build/artifacts/page).
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Browser } from "./devtools.mjs";
import { Service, longName, tokens } from "./service.mjs";

const pictures = process.env.ARTIFACTS ?? ".build/artifacts/page";
const picture = (tab, name, options) => tab.picture(join(pictures, `${name}.png`), options);
const button = (connection, kind) => `[data-connection="${connection}"] [data-start="${kind}"]`;
const namesFit = "[...document.querySelectorAll('.meter > span:first-child')].every((name) => name.scrollWidth <= name.clientWidth)";
const timesApart = `[...document.querySelectorAll("#charts svg")].every((svg) => {
  const [first, last] = [...svg.querySelectorAll("text")].slice(-2).map((time) => time.getBoundingClientRect());
  return last.left - first.right >= 4 || last.top >= first.bottom || first.top >= last.bottom;
})`;
const badgeOf = (connection) => `document.querySelector('[data-connection="${connection}"] .state')?.innerText`;
const newestRow = "document.querySelector('#jobs tr')?.innerText ?? ''";

/** Runs in the page: visible texts whose contrast with what is behind them is below WCAG's 4.5 (3 for large ones). */
const faintTexts = `() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (channel) => (channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !element.checkVisibility() || element.closest(".quiet, .skip, title, noscript")) continue;
    const style = getComputedStyle(element);
    const [one, two] = [luminance(numbers(element.closest("svg") ? style.fill : style.color)), luminance(behind(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) faint.push(element.className + ": " + texts.currentNode.textContent.trim().slice(0, 40) + ": " + contrast.toFixed(2));
  }
  return faint;
}`;

describe("the status page", { timeout: 280000 }, () => {
  let service;
  let browser;

  before(async () => {
    await mkdir(pictures, { recursive: true });
    [service, browser] = await Promise.all([Service.start(), Browser.start()]);
  });

  after(async () => {
    await browser?.stop();
    await service?.stop();
  });

  async function enter(tab, token) {
    await tab.until("document.querySelector('#token-dialog').open");
    await tab.type(token);
    await tab.press("Enter");
  }

  async function open(options, token = tokens.operate) {
    const tab = await browser.open(service.url, options);
    await tab.until("!document.querySelector('#locked').hidden");
    await tab.click("#unlock");
    await enter(tab, token);
    return tab;
  }

  function assertClean(tab) {
    assert.deepEqual(tab.complaints, []);
    assert.deepEqual([...tab.hosts], [new URL(service.url).host]);
  }

  it("asks for a token, and says so when it is wrong", async () => {
    const tab = await browser.open(service.url);
    await tab.until("!document.querySelector('#locked').hidden");
    assert.equal(await tab.value("document.querySelector('#content').hidden"), true);
    await picture(tab, "01-locked");
    await tab.click("#unlock");
    await tab.until("document.activeElement.id === 'token-input'");
    await picture(tab, "02-token");
    await enter(tab, "certainly-the-wrong-token");
    await tab.until("!document.querySelector('#notice').hidden");
    assert.match(await tab.value("document.querySelector('#notice').innerText"), /does not know this token/);
    await picture(tab, "03-wrong-token");
    await tab.click("#unlock");
    await enter(tab, tokens.read);
    await tab.until(badgeOf("Contoso"));
    assert.match(await tab.value("document.querySelector('#summary').innerText"), /Not imported yet/);
    assert.equal(await tab.value("document.querySelector('#notice').hidden"), true);
    await picture(tab, "04-empty");
    assertClean(tab);
  });

  it("keeps the token in the tab's memory only", async () => {
    const tab = await open();
    await tab.until(badgeOf("Contoso"));
    assert.equal(await tab.value("localStorage.length + sessionStorage.length + document.cookie.length"), 0);
    assert.equal(await tab.value("document.querySelector('#token-input').value"), "");
    await tab.send("Page.reload");
    await tab.until("document.readyState === 'complete' && document.querySelector('#locked')?.hidden === false");
    assertClean(tab);
  });

  it("starts an import by its button and shows it live to its end", async () => {
    const tab = await open({}, tokens.read);
    await tab.until(badgeOf("Contoso"));
    await tab.click(button("Contoso", "initial"));
    // The reading token may not start it.
    await tab.until("document.querySelector('#token-dialog').open");
    assert.match(await tab.value("document.querySelector('#token-why').innerText"), /may only read/);
    await enter(tab, tokens.operate);
    await tab.until(`/running/.test(${badgeOf("Contoso")}) && !document.querySelector('.running').hidden`);
    await tab.until("document.querySelector('.running progress').value > 0 && document.querySelector('.running progress').value < document.querySelector('.running progress').max");
    await tab.until("/A run is under way on Contoso/.test(document.querySelector('#summary').innerText) || /succeeded/.test(" + badgeOf("Contoso") + ")");
    await picture(tab, "05-running");
    await tab.until(`/succeeded/.test(${badgeOf("Contoso")})`, 120);
    await tab.until(`/succeeded/.test(${newestRow}) && /new/.test(${newestRow})`);
    assert.match(await tab.value("document.querySelector('#said').innerText"), /initial run on Contoso succeeded/);
    await picture(tab, "06-succeeded");
    await tab.click("#jobs tr [data-details]");
    await tab.until("document.querySelectorAll('#job-body table').length >= 2");
    assert.match(await tab.value("document.querySelector('#job-body').innerText"), /The sums match/);
    await picture(tab, "07-report", { whole: false });
    await tab.press("Escape");
    await tab.until("!document.querySelector('#job-dialog').open");
    assertClean(tab);
  });

  it("cancels a run", async () => {
    const tab = await open();
    await tab.until(badgeOf("Contoso"));
    await tab.click(button("Contoso", "initial"));
    await tab.until("document.querySelector('.running:not([hidden]) [data-cancel]')");
    await tab.click(".running:not([hidden]) [data-cancel]");
    await tab.until(`/cancelled/.test(${badgeOf("Contoso")})`);
    await tab.until(`/cancelled/.test(${newestRow})`);
    await tab.until("document.querySelectorAll('#charts .bar').length >= 6");
    assert.ok(await tab.value(timesApart), "the times below a picture touch");
    await picture(tab, "08-cancelled");
    assertClean(tab);
  });

  it("keeps saying why the service refused", async () => {
    const tab = await open();
    await tab.until(badgeOf("Contoso"));
    await tab.value(`(() => {
      const ask = window.fetch;
      window.lists = 0;
      window.fetch = (path, options) => {
        if (options.method === "POST") return Promise.resolve(new Response(JSON.stringify({ detail: "Not now." }), { status: 503 }));
        if (path === "v1/connections") window.lists += 1;
        return ask(path, options);
      };
    })()`);
    await tab.click(button("Contoso", "initial"));
    // The page has been read anew twice since.
    await tab.until("window.lists >= 3");
    assert.equal(await tab.value("document.querySelector('#notice').hidden"), false);
    assert.match(await tab.value("document.querySelector('#notice').innerText"), /Not now/);
    assertClean(tab);
  });

  it("leaves the keyboard on the button of a running job", async () => {
    await service.slowDown(true);
    const tab = await open();
    await tab.until(badgeOf("Contoso"));
    await tab.click(button("Contoso", "initial"));
    await tab.until(`/running/.test(${newestRow})`);
    await tab.click("#jobs tr [data-details]");
    await tab.until("document.querySelector('#job-body .buttons button')");
    await tab.value("(() => { document.querySelector('#job-body .buttons button').focus(); window.facts = document.querySelector('#job-body dl').innerText; })()");
    await tab.until("document.querySelector('#job-body dl').innerText !== window.facts");
    assert.equal(await tab.value("document.activeElement.textContent"), "Cancel run");
    // The answer to the request comes after the last event, and tells of a state that is over.
    await tab.value(`(() => {
      const ask = window.fetch;
      const isOver = () => /cancelled/.test(document.querySelector("#job-title").innerText);
      window.fetch = async (path, options) => {
        const answer = await ask(path, options);
        if (!path.endsWith("/cancel")) return answer;
        while (!isOver()) await new Promise((resolve) => { setTimeout(resolve, 10); });
        setTimeout(() => { window.isAnswered = true; }, 100);
        return answer;
      };
    })()`);
    await tab.click("#job-body .buttons button");
    await tab.until("window.isAnswered");
    assert.match(await tab.value("document.querySelector('#job-title').innerText"), /cancelled/);
    await tab.until("/did not get to its end/.test(document.querySelector('#job-body').innerText)");
    await picture(tab, "19-cancelled-in-full", { whole: false });
    await service.slowDown(false);
    assertClean(tab);
  });

  it("does not take a token that can't be sent", async () => {
    const tab = await browser.open(service.url);
    await tab.until("!document.querySelector('#locked').hidden");
    await tab.click("#unlock");
    await tab.until("document.querySelector('#token-dialog').open");
    await tab.type("“operator-token”");
    await tab.press("Enter");
    await tab.until("/outside ASCII/.test(document.querySelector('#token-why').innerText)");
    assert.equal(await tab.value("document.querySelector('#token-dialog').open"), true);
    assertClean(tab);
  });

  it("shows a failure in full", async () => {
    const tab = await open();
    await tab.until(badgeOf("Fabrikam"));
    await tab.click(button("Fabrikam", "initial"));
    await tab.until(`/failed/.test(${badgeOf("Fabrikam")})`);
    await tab.until(`/failed/.test(${newestRow})`);
    assert.match(await tab.value("document.querySelector('#summary').innerText"), /Needs attention.*Fabrikam/);
    await picture(tab, "09-failed");
    await tab.click("#jobs tr [data-details]");
    await tab.until("document.querySelector('#job-body .failure')");
    const words = await tab.value("document.querySelector('#job-body .failure').innerText");
    assert.match(words, /datasource, code 52/);
    assert.match(words, /client secret/);
    await picture(tab, "10-failure", { whole: false });
    assertClean(tab);
  });

  it("shows a history with runs of both outcomes, in light and dark", async () => {
    for (let count = 0; count < 6; count += 1) await service.run("incremental", "Contoso");
    await service.run("incremental", "Fabrikam");
    await service.run("initial", longName);
    await service.run("incremental", "Contoso");
    for (const dark of [false, true]) {
      const tab = await open({ dark, height: 1000 });
      await tab.until("document.querySelectorAll('#jobs tr').length >= 8 && document.querySelectorAll('#charts svg').length === 3");
      assert.equal(await tab.value("(() => { const table = document.querySelector('.scroll'); return table.scrollWidth <= table.clientWidth; })()"), true, "the table fits");
      await picture(tab, dark ? "11-history-dark" : "11-history");
      assert.deepEqual(await tab.value(`(${faintTexts})()`), [], "texts with too little contrast");
      assert.match(await tab.value("document.title"), /^✕ /);
      assertClean(tab);
    }
    const tab = await open({ height: 1000 });
    await tab.until("document.querySelectorAll('#charts svg').length === 3");
    await tab.click(button("Contoso", "initial"));
    await tab.until("document.querySelector('.running progress')?.value > 0");
    await picture(tab, "15-running-with-history", { whole: false });
    await tab.until(`/succeeded/.test(${badgeOf("Contoso")})`);
    await tab.value("(() => { const { state } = document.querySelector('#filters').elements; state.value = 'failed'; state.dispatchEvent(new Event('change', { bubbles: true })); })()");
    await tab.until("[...document.querySelectorAll('#jobs tr')].every((row) => /failed/.test(row.innerText)) && document.querySelectorAll('#jobs tr').length > 0");
    // The pictures follow the filters, so that small runs can be compared with one another.
    await tab.until("document.querySelectorAll('#charts rect.bar').length > 0 && document.querySelectorAll('#charts rect.is-succeeded').length === 0");
    await tab.value("document.querySelector('#jobs-title').scrollIntoView()");
    await picture(tab, "16-failed-only", { whole: false });
    assertClean(tab);
  });

  it("says what to do about a failure, on the card and by a check", async () => {
    const tab = await open({ height: 1000 });
    await tab.until(`/Code 52/.test(document.querySelector('[data-connection="Fabrikam"] .failure')?.innerText)`);
    await tab.click('[data-connection="Fabrikam"] .failure button');
    await tab.until("document.querySelector('#job-body .failure')");
    await tab.press("Escape");
    await tab.until("!document.querySelector('#job-dialog').open");
    await tab.click('[data-connection="Fabrikam"] [data-check]');
    await tab.until("document.querySelectorAll('#check-body li').length > 3");
    assert.match(await tab.value("document.querySelector('#check-body').innerText"), /login/);
    assert.equal(await tab.value("document.querySelectorAll('#check-body .is-failed').length > 0"), true);
    await picture(tab, "17-check", { whole: false });
    assertClean(tab);
  });

  it("tells of old data, and until when a run waits for Defender's limits", async () => {
    const tab = await open({ height: 1000 });
    await tab.until(badgeOf("Contoso"));
    // Neither comes about within a test, so the page's own modules get answers in which it has.
    const [sentence, line] = await tab.value(`(async () => {
      const { askJSON } = await import("/page/ask.js");
      const { showConnections, summarize } = await import("/page/connections.js");
      const { connections } = await askJSON("v1/connections");
      const contoso = connections.find((connection) => connection.name === "Contoso");
      const budgets = [...contoso.budgets, { ...contoso.budgets[0], api: "vulnerabilityexport" }];
      const old = { ...contoso, budgets, savePoint: String(Date.now() - 30 * 3600000) };
      const progress = { ...contoso.lastRuns.initial.progress, phase: "details", machines: { done: 100, total: 400 }, etaSeconds: 900, waitingUntil: new Date(Date.now() + 600000).toISOString() };
      const running = { ...contoso.lastRuns.initial, state: "running", endedAt: null, progress };
      showConnections([{ ...old, running }, ...connections.filter((connection) => connection !== contoso)], {});
      return [summarize([old]).text, document.querySelector('[data-connection="Contoso"] [data-line]').innerText];
    })()`);
    assert.match(sentence, /more than a day ago: Contoso/);
    assert.match(line, /waits for Defender's call limits until \d/);
    assert.equal(await tab.value(namesFit), true, "the longest name of an API fits");
    await picture(tab, "18-waiting", { whole: false });
    assertClean(tab);
  });

  it("fits a phone, without scrolling sideways", async () => {
    const tab = await open({ width: 390, height: 844, phone: true });
    await tab.until("document.querySelectorAll('#charts svg').length === 3");
    assert.equal(await tab.value("document.documentElement.scrollWidth"), 390);
    assert.equal(await tab.value(namesFit), true, "the names of APIs fit");
    await picture(tab, "12-phone");
    await tab.click("#jobs tr [data-details]");
    await tab.until("document.querySelectorAll('#job-body table').length >= 2");
    assert.equal(await tab.value("document.querySelector('#job-dialog').scrollWidth <= document.querySelector('#job-dialog').clientWidth"), true);
    await picture(tab, "13-phone-report", { whole: false });
    assertClean(tab);
  });

  it("works with the keyboard, and names everything for a screen reader", async () => {
    const tab = await open();
    await tab.until(badgeOf("Contoso"));
    assert.equal(await tab.value("document.querySelector('a[href], button, input, select, [tabindex=\"0\"]').className"), "skip");
    await tab.value("document.querySelector('.skip').focus()");
    await tab.press("Enter");
    const reached = [];
    for (let count = 0; count < 20 && reached.at(-1) !== "Start incremental on Contoso"; count += 1) {
      await tab.press("Tab");
      reached.push(await tab.value("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"));
    }
    assert.equal(reached.at(-1), "Start incremental on Contoso", reached.join(" | "));
    await tab.press("Enter");
    await tab.until("/incremental run/.test(document.querySelector('#said').innerText)");

    const { nodes } = await tab.send("Accessibility.getFullAXTree");
    const visible = nodes.filter((node) => !node.ignored);
    const unnamed = visible.filter((node) => ["button", "link", "textbox", "combobox", "progressbar", "image", "meter", "region", "dialog", "table"].includes(node.role?.value) && !node.name?.value);
    assert.deepEqual(unnamed.map((node) => node.role.value), []);
    const names = visible.filter((node) => node.role?.value === "button").map((node) => node.name.value);
    assert.deepEqual(names.filter((name, position) => names.indexOf(name) !== position), [], "two buttons with one name");
    const levels = visible.filter((node) => node.role?.value === "heading").map((node) => node.properties.find((property) => property.name === "level").value.value);
    assert.deepEqual([...new Set(levels)].sort(), [1, 2, 3]);
    assertClean(tab);
  });

  it("says when the service does not answer, and goes on when it is back", async () => {
    const tab = await open();
    await tab.until(badgeOf("Contoso"));
    await tab.send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await tab.until("!document.querySelector('#notice').hidden && /does not answer/.test(document.querySelector('#notice').innerText)");
    await picture(tab, "14-offline");
    await tab.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await tab.until("document.querySelector('#notice').hidden");
    assertClean(tab);
  });
});
