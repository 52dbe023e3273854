/**
 * `npm test`: installs what is missing, builds dist/ and runs the suites once; arguments go to Vitest. Closes with
 * `N passed, N failed`. Services that are absent are skipped and named, or fail when VIF_TEST_REQUIRE_SERVICES is set.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeInstalled } from "./make-ready.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COUNTS = join(ROOT, "dist", ".test-counts.json");

/** @returns the sums of one run of Vitest over `args` */
export function runVitest(args, { quiet = false } = {}) {
  mkdirSync(dirname(COUNTS), { recursive: true });
  rmSync(COUNTS, { force: true });
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=./scripts/count-reporter.mjs"];
  const run = spawnSync(process.execPath, [vitest, "run", ...reporters, ...args], {
    cwd: ROOT,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, VIF_TEST_COUNTS: COUNTS },
  });
  const counts = readCounts();
  // A run that broke off has no sums, or sums that say nothing of the break.
  if (run.status !== 0 && counts.failed === 0) counts.failed = 1;
  return { ...counts, output: `${run.stdout ?? ""}${run.stderr ?? ""}` };
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
  const { passed, failed, skipped } = runVitest(process.argv.slice(2));
  for (const test of skipped) process.stdout.write(`skipped: ${test}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
