/**
 * `npm run check`: every check of the tree, each named with its duration. All of them run, whatever fails; the words of a
 * check that passes are left out. `--without-tests` leaves the suites to `npm test`.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeInstalled } from "./make-ready.mjs";
import { runVitest } from "./test.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COLOURS = process.stdout.isTTY && !process.env.NO_COLOR;

function program(packageName, file, args) {
  return () => {
    const path = join(ROOT, "node_modules", packageName, file);
    const run = spawnSync(process.execPath, [path, ...args], {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      env: COLOURS ? { ...process.env, FORCE_COLOR: "1" } : { ...process.env, NO_COLOR: "1" },
    });
    return { passed: run.status === 0, output: `${run.stdout ?? ""}${run.stderr ?? ""}${run.error ?? ""}` };
  };
}

function suites(args) {
  return async () => {
    const { passed, failed, skipped, output } = await runVitest(args, { quiet: true });
    const skips = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
    return { passed: failed === 0, output, note: `${passed} passed, ${failed} failed${skips}` };
  };
}

const CHECKS = [
  ["format", program("@biomejs/biome", "bin/biome", ["format", "."])],
  ["lint", program("oxlint", "bin/oxlint", ["--type-aware", "--deny-warnings"])],
  ["types", program("typescript", "bin/tsc", ["--noEmit"])],
  ["types of the SDK", program("typescript", "bin/tsc", ["-p", "sdk"])],
  ["types of the shop", program("typescript", "bin/tsc", ["-p", "shop"])],
  ["generated files", program("..", "scripts/generate.mjs", ["--check"])],
  ["lock", program("..", "scripts/complete-lock.mjs", ["--check"])],
  ["tidy", suites(["tests/tidy.test.ts"])],
];

function colour(code, text) {
  return COLOURS ? `\u001b[${code}m${text}\u001b[0m` : text;
}

async function main() {
  const code = await makeInstalled();
  if (code !== 0) return code;
  const checks = process.argv.includes("--without-tests") ? CHECKS : [...CHECKS, ["tests", suites([])]];
  const failures = [];
  for (const [name, check] of checks) {
    const started = performance.now();
    const { passed, output, note } = await check();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const mark = passed ? colour(32, "ok") : colour(31, "FAILED");
    process.stdout.write(
      `${name.padEnd(16)} ${mark.padEnd(passed ? 3 : 7)} ${seconds} s${note ? `  (${note})` : ""}\n`,
    );
    if (passed) continue;
    failures.push(name);
    process.stdout.write(`${output.trimEnd().replace(/^/gm, "    ")}\n`);
  }
  const verdict =
    failures.length === 0 ? colour(32, "all checks passed") : colour(31, `failed: ${failures.join(", ")}`);
  process.stdout.write(`${verdict}\n`);
  // For .ci/run, which adds these to the tests' sums.
  const counts = { passed: checks.length - failures.length, failed: failures.length };
  writeFileSync(join(ROOT, "dist", ".check-counts.json"), JSON.stringify(counts));
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
