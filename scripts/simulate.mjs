/**
 * `npm run simulate -- [--seeds N] [--from S] [--seed X] [--planted NAME]`: runs seeds of the simulator in
 * tests/simulation/, shows how far it is, and stops at the first seed that breaks a promise with what was broken and the
 * end of its trace. `--seed X` replays one seed and prints its whole trace; `--planted NAME` turns on one of the bugs of
 * engine/shard/planted-bugs.ts, to see it caught.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { buildWhenStale } from "./build.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TRACE_LINES = 60;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    planted: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

const complaints = await buildWhenStale({ tolerant: true });
if (complaints !== undefined) process.stderr.write(`${complaints}\n`);
const { runSeed } = await import(pathToFileURL(join(ROOT, "dist/tests/simulation/seed-run.js")).href);
const planted = values.planted === undefined ? {} : { [values.planted]: true };

if (values.seed !== undefined) {
  const report = await runSeed(Number(values.seed), { planted, trace: (line) => process.stdout.write(`${line}\n`) });
  show(report);
  process.exitCode = report.violations.length > 0 ? 1 : 0;
} else {
  const from = Number(values.from);
  const seeds = Number(values.seeds);
  const begun = performance.now();
  let failures = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const report = await runSeed(seed, { planted });
    progress(seed - from + 1, seeds, begun, failures);
    if (report.violations.length === 0) continue;
    failures += 1;
    process.stderr.write("\n");
    if (values.keep) process.stdout.write(`seed ${seed}: ${report.violations[0]}\n`);
    else {
      await replay(report);
      break;
    }
  }
  process.stderr.write("\n");
  process.exitCode = failures > 0 ? 1 : 0;
}

/** The same seed again, traced: it must fail the same way. */
async function replay(report) {
  const lines = [];
  const again = await runSeed(report.seed, { planted, trace: (line) => lines.push(line) });
  process.stdout.write(`${lines.slice(-TRACE_LINES).join("\n")}\n`);
  show(report);
  if (again.traceHash !== report.traceHash)
    process.stdout.write("its replay took another way: the run is not deterministic\n");
  process.stdout.write(
    `replay: npm run simulate -- --seed ${report.seed}${values.planted ? ` --planted ${values.planted}` : ""}\n`,
  );
}

function show({ violations, ...figures }) {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  for (const text of violations) process.stdout.write(`BROKEN: ${text}\n`);
}

function progress(done, all, begun, failures) {
  if (!process.stderr.isTTY && done !== all && done % 100 !== 0) return;
  const seconds = (performance.now() - begun) / 1000;
  const bar = "#".repeat(Math.floor((done / all) * 30)).padEnd(30, ".");
  process.stderr.write(
    `\r[${bar}] ${done}/${all} seeds, ${((seconds * 1000) / done).toFixed(0)} ms a seed, ${failures} broken${process.stderr.isTTY ? "" : "\n"}`,
  );
}
