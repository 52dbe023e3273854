/**
 * From an event in one tab to the changed content in another, Chromium to Chromium: the time between `track` in a page
 * with the SDK and the slot of a second page holding what the engine then decided, both read off the same clock
 * (`performance.timeOrigin + now`). The engine runs as `npm start` runs it: embedded store, flushed to disk before any
 * answer. Each sample is a visitor's event that flips a content there and back, so that every one of them is pushed.
 *
 * Estimate before the first run: 3 ms of sockets and pages, 2 to 5 ms of a flush: p50 6 ms, p95 under 20 ms.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { removeFolder, startEngine, writeBrand } from "./engine-process.ts";
import { keepResults, latenciesOf, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import { launchBrowser } from "../tests/support/browser.ts";

const SAMPLES = sizeOf("BENCH_SAMPLES", 300);
const WARM_UP = 30;

const FILES = {
  "rules/fields.yaml": "fields:\n  lamp: text\n",
  "rules/content/lamp.yaml": 'content: lamp\nfirst of:\n  - {when: lamp = "on", show: lamp-on}\notherwise: lamp-off\n',
  "templates/web/lamp-on.hbs": '---\nen: {text: "on"}\n---\n<b>{{t.text}}</b>\n',
  "templates/web/lamp-off.hbs": '---\nen: {text: "off"}\n---\n<b>{{t.text}}</b>\n',
};

async function main(): Promise<void> {
  const brand = writeBrand("push-rules", FILES);
  const engine = await startEngine({ name: "push", store: "embedded", rules: join(brand, "rules") });
  const url = `http://127.0.0.1:${engine.port}`;
  const html = `<!doctype html><html lang="en"><title>x</title><script src="${url}/vif.js" data-key="example-write-key"
    data-pages="false"></script><div id="slot" data-vif-slot="lamp">-</div>`;
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(html));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext();
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [sender, watcher] = [await context.newPage(), await context.newPage()];
    for (const page of [sender, watcher]) {
      await page.goto(address);
      await page.waitForFunction("vif.decision('lamp') !== undefined");
    }
    await sender.evaluate('vif.identify("lamp", { traits: { lamp: "off" } })');
    // Answers with the instant at which the slot has the wanted content.
    await watcher.evaluate(`window.shows = (wanted) => new Promise((done) => {
      const slot = document.getElementById("slot");
      const look = () => slot.textContent === wanted && done(performance.timeOrigin + performance.now());
      new MutationObserver(look).observe(slot, { childList: true, subtree: true });
      look();
    })`);
    const tookMs: number[] = [];
    for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
      const lamp = sample % 2 === 0 ? "on" : "off";
      const seen = watcher.evaluate<number>(`shows("${lamp}")`);
      const sentAt = await sender.evaluate<number>(`{
        const at = performance.timeOrigin + performance.now();
        void vif.identify("lamp", { traits: { lamp: "${lamp}" } });
        at }`);
      const shownAt = await seen;
      if (sample >= WARM_UP) tookMs.push(shownAt - sentAt);
    }
    report(tookMs);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
    await engine.process.stop();
    removeFolder(engine.folder);
    removeFolder(brand);
  }
}

function report(tookMs: readonly number[]): void {
  const figures = latenciesOf(tookMs);
  printTable([
    ["event to content in another tab", "samples", "p50 ms", "p95 ms", "p99 ms", "max ms"],
    ["Chromium to Chromium", String(tookMs.length), ...Object.values(figures).map((figure) => figure.toFixed(2))],
  ]);
  const path = keepResults("push", { samples: tookMs.length, ...figures, tookMs: [...tookMs].sort((a, b) => a - b) });
  process.stdout.write(`\nkept in ${path}\n`);
}

await main();
