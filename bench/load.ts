/**
 * A shop's mixed day against an engine as `npm start` runs it (embedded store, flushed to disk before any answer), by k6 and,
 * at the same time and rate, by our own load: two programs that nobody wrote together have to find the same engine. They
 * run side by side, as what else the machine does then meets both; apart, they measured the machine's moods. Shown
 * for each kind and judged for all together: what was answered a second, and the 50th and 95th percentile of the answers,
 * each the median of the rounds; the 99th is shown alone, as some tens of answers decide it.
 *
 *     BENCH_RATE=200 BENCH_SECONDS=20 BENCH_ROUNDS=3 npm run bench -- load
 *
 * BENCH_RATE is what each of the two sends a second.
 *
 * Estimate before the first run: both hold the rate; answers wait for a flush: 4 ms at the middle, 10 ms at p95.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { removeFolder, startEngine, temporaryFolder } from "./engine-process.ts";
import { ROOT } from "./filled-engine.ts";
import type { KindFigures, LoadFigures } from "./load/own-load.ts";
import { KINDS } from "./load/shop-day.ts";
import type { Kind } from "./load/shop-day.ts";
import { keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const RATE = sizeOf("BENCH_RATE", 200);
const SECONDS = sizeOf("BENCH_SECONDS", 20);
const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
/** How far the two may be from each other. */
const APART_MAX = 0.15;
/** What k6 takes to read its script and make its virtual users, so that both begin together. */
const K6_START_MS = 700;
const COMPARED = ["answersPerSecond", "p50Ms", "p95Ms"] as const;

const run = promisify(execFile);

/** On the path, or where `go install` puts it. */
function findK6(): string | undefined {
  const output = (command: string, ...args: readonly string[]): string | undefined => {
    try {
      return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      return undefined;
    }
  };
  if (output("k6", "version") !== undefined) return "k6";
  const installed = join(output("go", "env", "GOPATH") ?? "", "bin", "k6");
  return existsSync(installed) ? installed : undefined;
}

interface K6Summary extends LoadFigures {
  /** Thresholds that did not hold. */
  readonly broken: readonly string[];
}

async function byK6(k6: string, target: string, name: string): Promise<K6Summary> {
  const folder = temporaryFolder("k6");
  const summary = join(folder, "summary.json");
  const told = { VIF: target, RATE, SECONDS, RUN: name, SUMMARY: summary };
  const env = Object.entries(told).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  // 99: thresholds were crossed, which the summary tells as well.
  await run(k6, ["run", "--quiet", ...env, join(ROOT, "bench/load/shop-day.k6.js")]).catch((error: unknown) => {
    if ((error as { readonly code?: number }).code !== 99) throw error;
  });
  try {
    return JSON.parse(readFileSync(summary, "utf8")) as K6Summary;
  } finally {
    removeFolder(folder);
  }
}

async function byOwnLoad(target: string, name: string): Promise<LoadFigures> {
  const program = fileURLToPath(new URL("./load/own-load.js", import.meta.url));
  const { stdout } = await run(process.execPath, [program, target, String(RATE), String(SECONDS), name]);
  return JSON.parse(stdout) as LoadFigures;
}

function medians(rounds: readonly LoadFigures[], kind: Kind | "all"): KindFigures {
  const of = (name: keyof KindFigures): number => median(rounds.map(({ figures }) => figures[kind][name]));
  return { answersPerSecond: of("answersPerSecond"), p50Ms: of("p50Ms"), p95Ms: of("p95Ms"), p99Ms: of("p99Ms") };
}

async function measure(k6: string): Promise<void> {
  const folder = temporaryFolder("load");
  const engine = await startEngine({ name: "load", store: "embedded", rules: `${ROOT}/rules`, folder });
  const target = `127.0.0.1:${engine.port}`;
  const rounds: { k6: K6Summary[]; own: LoadFigures[] } = { k6: [], own: [] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const [foreign, own] = await Promise.all([
        byK6(k6, target, `k6-${round}`),
        pause(K6_START_MS).then(() => byOwnLoad(target, `own-${round}`)),
      ]);
      rounds.k6.push(foreign);
      rounds.own.push(own);
    }
  } finally {
    await engine.process.stop();
    removeFolder(folder);
  }
  report(rounds);
}

function report(rounds: { readonly k6: readonly K6Summary[]; readonly own: readonly LoadFigures[] }): void {
  const compared = [...KINDS, "all" as const].map((kind) => ({
    kind,
    k6: medians(rounds.k6, kind),
    own: medians(rounds.own, kind),
  }));
  printTable([
    [
      "a mixed day",
      "answers/s k6",
      "own",
      "ratio",
      "p50 ms k6",
      "own",
      "ratio",
      "p95 ms k6",
      "own",
      "ratio",
      "p99 ms k6",
      "own",
    ],
    ...compared.map(({ kind, k6, own }) => [
      kind,
      ...COMPARED.flatMap((name) => [k6[name].toFixed(1), own[name].toFixed(1), (k6[name] / own[name]).toFixed(2)]),
      k6.p99Ms.toFixed(1),
      own.p99Ms.toFixed(1),
    ]),
  ]);
  // Of all kinds together: of one there are some hundred answers a round, which the machine's moods move more than that.
  const apart = compared
    .slice(-1)
    .flatMap(({ kind, k6, own }) =>
      COMPARED.filter((name) => Math.abs(k6[name] / own[name] - 1) > APART_MAX).map((name) => `${kind} ${name}`),
    );
  const failed = [...rounds.k6, ...rounds.own].reduce((sum, { checks }) => sum + checks.fails, 0);
  const broken = rounds.k6.flatMap((round) => round.broken);
  const lines = [
    apart.length === 0
      ? `the two agree within ${APART_MAX * 100} %`
      : `more than ${APART_MAX * 100} % apart: ${apart.join(", ")}`,
    `answers that were not as they must be: ${failed}`,
    `k6's thresholds: ${broken.length === 0 ? "all held" : broken.join("; ")}`,
  ];
  const path = keepResults("load", { rate: RATE, seconds: SECONDS, compared, apart, failed, broken, rounds });
  process.stdout.write(`\n${lines.join("\n")}\n\nkept in ${path}\n`);
  if (failed > 0 || broken.length > 0) process.exitCode = 1;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

const k6 = findK6();
if (k6 === undefined) {
  process.stdout.write(
    "k6 is neither on the path nor in $(go env GOPATH)/bin. Install it with Go: go install go.k6.io/k6@latest\n" +
      "(https://grafana.com/docs/k6/latest/set-up/install-k6/ has other ways; the npm package of that name is empty).\n",
  );
  process.exitCode = 1;
} else await measure(k6);
