/**
 * `npm test`: installs what is missing, builds dist/ and runs the suites once; arguments go to Vitest. Closes with
 * `N passed, N failed`. Services that are absent are skipped and named, or fail when VIF_TEST_REQUIRE_SERVICES is set.
 * A run that stands still is ended and named: a test that never yields cannot be timed out from within.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeInstalled } from "./make-ready.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COUNTS = join(ROOT, "dist", ".test-counts.json");
/** Twice what the longest single test may take. */
const STILL_MS_MAX = 6 * 60_000;
const WATCH_PERIOD_MS = 2_000;

/** @returns the sums of one run of Vitest over `args`, and with `quiet` what it printed */
export async function runVitest(args, { quiet = false } = {}) {
  mkdirSync(dirname(COUNTS), { recursive: true });
  rmSync(COUNTS, { force: true });
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=./scripts/count-reporter.mjs"];
  // A group of its own, so that ending it ends what the tests have started.
  const child = spawn(process.execPath, [vitest, "run", ...reporters, ...args], {
    cwd: ROOT,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    env: { ...process.env, VIF_TEST_COUNTS: COUNTS },
    detached: true,
  });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += String(chunk)));
  child.stderr?.on("data", (chunk) => (output += String(chunk)));
  const still = endWhenStill(child);
  const code = await new Promise((resolve) => child.once("close", resolve));
  const counts = readCounts();
  if (still.isEnded()) {
    output += `${still.words()}\n`;
    if (!quiet) process.stderr.write(`${still.words()}\n`);
  }
  // A run that broke off has no sums, or sums that say nothing of the break.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return { ...counts, output };
}

/** Passes signals on to the whole group, and ends it when nothing has been reported for too long. */
function endWhenStill(child) {
  let words;
  const started = Date.now();
  const endGroup = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  };
  const watch = setInterval(() => {
    const last = statSync(COUNTS, { throwIfNoEntry: false })?.mtimeMs ?? started;
    if (Date.now() - last < STILL_MS_MAX) return;
    words = `No test has ended for ${STILL_MS_MAX / 60_000} minutes; at work: ${readCounts().atWork?.join(", ") || "none"}.`;
    endGroup("SIGKILL");
  }, WATCH_PERIOD_MS);
  const stop = (signal) => {
    endGroup(signal);
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  child.once("close", () => {
    clearInterval(watch);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(signal, stop);
  });
  return { isEnded: () => words !== undefined, words: () => words };
}

function readCounts() {
  try {
    return JSON.parse(readFileSync(COUNTS, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
}

async function main() {
  const code = await makeInstalled();
  if (code !== 0) return code;
  const { passed, failed, skipped } = await runVitest(process.argv.slice(2));
  for (const test of skipped) process.stdout.write(`skipped: ${test}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
