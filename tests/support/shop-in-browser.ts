/** The example brand's shop under a real engine, and a browser to look at it: one of each for a file's tests. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchBrowser } from "./browser.ts";
import { createEngineProcess, type EngineProcess } from "./engine-process.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";

/** To be called in a `describe`: it starts both before its tests and ends them after. */
export function setUpShop(name: string): {
  readonly browser: () => Browser;
  /** @param path below the shop, such as `en/cart/` */
  readonly address: (path: string) => string;
} {
  let folder = "";
  let engine: EngineProcess;
  let browser: Browser;

  beforeAll(async () => {
    folder = createTestFolder(name);
    engine = await createEngineProcess({ rules: "rules", folder: join(folder, "data") });
    await engine.start();
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await engine?.stop();
    removeTestFolder(folder);
  });

  return { browser: () => browser, address: (path) => `http://127.0.0.1:${engine.port}/shop/${path}` };
}
