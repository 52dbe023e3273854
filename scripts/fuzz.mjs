/**
 * `npm run fuzz` (see HELP): random and broken rule files for the parser and the checker, on one thread or several, with a
 * watchdog. What was too much for them is kept as a case of tests/language/fuzz-cases/, which the tests run from then on.
 */
import { writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildWhenStale } from "./build.mjs";
import { readArguments } from "./read-arguments.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CASES = join(ROOT, "tests/language/fuzz-cases");
/** An input that takes longer than this hangs. */
const HANG_MS = 20_000;
const INPUT_BYTES_MAX = 4 * 1024 * 1024;

const HELP = `npm run fuzz -- [--minutes N] [--seed S] [--jobs N]

  --minutes N   how long (1)
  --seed S      where chance begins; the same seed tries the same inputs (the day's number)
  --jobs N      threads, each with a seed of its own (1)

Exit codes: 0 everything was answered, 1 something was not, 2 not understood.
`;

const values = readArguments(
  HELP,
  {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 86_400_000)) },
    jobs: { type: "string", default: "1" },
  },
  ["minutes", "seed", "jobs"],
  { pattern: /^\d+(\.\d+)?$/, allowed: "a number" },
);
const complaints = await buildWhenStale({ tolerant: true });
if (complaints !== undefined) process.stderr.write(`${complaints}\n`);
const jobs = Array.from({ length: Number(values.jobs) }, (_, job) => run(Number(values.seed) + job * 1_000_003));
const reports = await Promise.all(jobs);
for (const { seed, faults, ...figures } of reports) {
  process.stdout.write(`${JSON.stringify({ seed, ...figures, slowestMs: Math.round(figures.slowestMs) })}\n`);
  for (const { fault, files } of faults) process.stdout.write(`FAULT ${keep(fault, files)}\n${fault}\n`);
}
process.exitCode = reports.every(({ faults }) => faults.length === 0) ? 0 : 1;

/** One thread and its watchdog; a thread that hangs is ended, and what it hung on is its fault. */
function run(seed) {
  const shared = new SharedArrayBuffer(8 + INPUT_BYTES_MAX);
  const words = new Int32Array(shared, 0, 2);
  const seconds = Number(values.minutes) * 60;
  const worker = new Worker(join(ROOT, "dist/tests/language/fuzz/fuzz-thread.js"), {
    workerData: { seed, root: ROOT, seconds, faultsMax: 20, shared },
  });
  return new Promise((resolve, reject) => {
    let begun = -1;
    let since = Date.now();
    const watchdog = setInterval(() => {
      const now = Atomics.load(words, 0);
      if (now !== begun) {
        begun = now;
        since = Date.now();
        process.stderr.write(`seed ${seed}: ${begun} inputs\n`);
      } else if (Date.now() - since > HANG_MS && begun > 0) {
        const length = Math.min(Atomics.load(words, 1), INPUT_BYTES_MAX);
        const { files } = JSON.parse(Buffer.from(new Uint8Array(shared, 8, length).slice()).toString());
        done({ inputs: begun, sound: 0, patterns: 0, slowestMs: HANG_MS, faults: [{ fault: "no answer", files }] });
        void worker.terminate();
      }
    }, 5_000);
    function done(report) {
      clearInterval(watchdog);
      resolve({ seed, ...report });
    }
    worker.once("message", done);
    worker.once("error", reject);
  });
}

/** @returns the path of the case, relative to the tree */
function keep(fault, files) {
  const text = `${JSON.stringify({ fault: fault.split("\n")[0].replaceAll(ROOT, ""), files }, undefined, 2)}\n`;
  const name = `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.json`;
  writeFileSync(join(CASES, name), text);
  return `tests/language/fuzz-cases/${name}`;
}
