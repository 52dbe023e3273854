/**
 * A headless Chromium of the system, driven by playwright-core. Suites that need one skip with `browserMissing` when none is
 * installed, unless VIF_TEST_REQUIRE_SERVICES=1.
 */
import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const executable = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0,
);

/** Why suites that need a browser are skipped; undefined when they are not. */
export const browserMissing: string | undefined = (() => {
  if (executable !== undefined) return undefined;
  if (process.env["VIF_TEST_REQUIRE_SERVICES"] === "1") throw new Error("Chromium is required and not installed");
  return "Chromium is not installed";
})();

/** Without a sandbox, which a process of root cannot have; without anything that asks the outside world. */
export function launchBrowser(): Promise<Browser> {
  const path = spawnSync("sh", ["-c", `command -v ${executable ?? "chromium"}`], { encoding: "utf8" }).stdout.trim();
  return chromium.launch({
    executablePath: path,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}
