/**
 * `npm run simulate` (see HELP): runs seeds of the simulator in tests/simulation/ on all cores, shows how far it is, and
 * stops at the first seed that breaks a promise with what was broken and the end of its trace, or replays one seed.
 */
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { buildWhenStale } from "./build.mjs";
import { readArguments } from "./read-arguments.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SIMULATION = join(ROOT, "dist/tests/simulation");
const TRACE_LINES = 60;
/** Seeds that a thread is given at a time. */
const CHUNK = 50;

const HELP = `npm run simulate -- [--seeds N] [--from S] [--jobs N] [--keep] [--planted NAME]
npm run simulate -- --seed X [--planted NAME]

  --seeds N       how many seeds (2000)
  --from S        the first of them (1)
  --jobs N        threads (one a core)
  --keep          go on after a broken seed, and list them all
  --planted NAME  turn on a bug of engine/shard/planted-bugs.ts, to see it noticed
  --seed X        replay one seed and print its whole trace

Exit codes: 0 every promise was kept, 1 one was broken, 2 not understood.
`;

const values = readArguments(
  HELP,
  {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    planted: { type: "string" },
    keep: { type: "boolean", default: false },
    jobs: { type: "string", default: String(availableParallelism()) },
  },
  ["seeds", "from", "seed", "jobs"],
  { pattern: /^\d+$/, allowed: "a whole number" },
);
const complaints = await buildWhenStale({ tolerant: true });
if (complaints !== undefined) process.stderr.write(`${complaints}\n`);
const planted = values.planted === undefined ? {} : { [values.planted]: true };
const { runSeed } = await import(pathToFileURL(join(SIMULATION, "seed-run.js")).href);

if (values.seed === undefined) await runMany(Number(values.from), Number(values.seeds));
else {
  const report = await runSeed(Number(values.seed), { planted, trace: (line) => process.stdout.write(`${line}\n`) });
  show(report);
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}

async function runMany(from, seeds) {
  const begun = performance.now();
  const broken = [];
  let next = from;
  let done = 0;
  let stopped = false;

  async function work() {
    while (!stopped && next < from + seeds) {
      const end = Math.min(next + CHUNK, from + seeds);
      let at = next;
      next = end;
      while (at < end && !stopped) {
        const result = await runInThread({ from: at, count: end - at, planted });
        at += result.run;
        done += result.run;
        if (result.broken !== undefined) {
          broken.push(result.broken);
          if (values.keep) process.stdout.write(`seed ${result.broken.seed}: ${result.broken.violations[0]}\n`);
          else stopped = true;
        }
        progress(done, seeds, begun, broken.length);
      }
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
  process.stderr.write("\n");
  process.exitCode = broken.length > 0 ? 1 : 0;
  const [first] = broken.sort((a, b) => a.seed - b.seed);
  if (first !== undefined && !values.keep) await replay(first);
}

/** Runs seeds in order until one is broken. */
function runInThread(job) {
  const thread = new Worker(join(SIMULATION, "seed-thread.js"), { workerData: job });
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}

/** The same seed again, traced: it must fail the same way. */
async function replay(report) {
  const lines = [];
  const again = await runSeed(report.seed, { planted, trace: (line) => lines.push(line) });
  process.stdout.write(`${lines.slice(-TRACE_LINES).join("\n")}\n`);
  show(report);
  if (again.traceHash !== report.traceHash)
    process.stdout.write("its replay took another way: the run is not deterministic\n");
  const more = values.planted === undefined ? "" : ` --planted ${values.planted}`;
  process.stdout.write(`replay: npm run simulate -- --seed ${report.seed}${more}\n`);
}

function show({ violations, ...figures }) {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  for (const text of violations) process.stdout.write(`BROKEN: ${text}\n`);
}

function progress(done, all, begun, failures) {
  const seconds = (performance.now() - begun) / 1000;
  const bar = "#".repeat(Math.floor((done / all) * 30)).padEnd(30, ".");
  const pace = `${(done / seconds).toFixed(1)} a second`;
  process.stderr.write(
    `${process.stderr.isTTY ? "\r" : ""}[${bar}] ${done}/${all} seeds, ${pace}, ${failures} broken${process.stderr.isTTY ? "" : "\n"}`,
  );
}
