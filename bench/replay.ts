/**
 * Lines a second of `vif replay` at `max`: the published file of 541,909 invoice lines, through the socket, into an engine
 * with the example brand's rules, checkpoints and history, embedded; the client is a process of its own beside it. Every
 * round's sums are compared with the published ones, in history, before its time counts.
 *
 * Estimate before the first run: 25,900 receipts of 21 lines, 50 MB of JSON: 3 s of the client's reading, 6 s of parsing,
 * 4 s of history, 3 s of the rest, on two cores 9 s: 60,000 lines/s.
 *
 *     BENCH_ROUNDS=3 npm run bench -- replay
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { removeFolder, startEngine, temporaryFolder } from "./engine-process.ts";
import { ROOT } from "./filled-engine.ts";
import { busySeconds, count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const FILE = resolve(process.env["VIF_TEST_DATA"] ?? "../shared/data", "online-retail/online_retail.csv.gz");
const VIF = fileURLToPath(new URL("../engine/cli/main.js", import.meta.url));
const LINES = 541_909;
const EXPECTED = { receipts: 25_900, lines: LINES, linesAmount: "974774793400000", entries: 22_190 };

interface Round {
  readonly linesPerSecond: number;
  readonly seconds: number;
  /** Processor time of the whole machine until the engine has answered for all, and of the engine alone. */
  readonly cpuSeconds: number;
  readonly engineCpuSeconds: number;
  /** From the last answer until history has it all. */
  readonly drainedSeconds: number;
}

async function vif(folder: string, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const env = { PATH: process.env["PATH"], VIF_DATA_DIR: folder, VIF_RULES: join(ROOT, "rules") };
  const { stdout } = await promisify(execFile)(process.execPath, [VIF, ...args, "--json"], { env });
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

async function measure(): Promise<Round> {
  const folder = temporaryFolder("replay");
  const engine = await startEngine({ name: "replay", store: "embedded", rules: join(ROOT, "rules"), folder });
  try {
    const before = busySeconds();
    const engineBefore = engine.process.cpuSeconds();
    const end = await vif(folder, "replay", FILE, "--map", "online-retail");
    const cpuSeconds = busySeconds() - before;
    const engineCpuSeconds = engine.process.cpuSeconds() - engineBefore;
    const ended = performance.now();
    const { receipts } = await vif(folder, "report", "--fresh");
    const drainedSeconds = (performance.now() - ended) / 1_000;
    for (const [name, value] of Object.entries(EXPECTED)) {
      const found = (receipts as Readonly<Record<string, unknown>>)[name];
      if (found !== value) throw new Error(`${name} is ${String(found)} in history, and not ${value}`);
    }
    const seconds = Number(end["seconds"]);
    return { linesPerSecond: LINES / seconds, seconds, cpuSeconds, engineCpuSeconds, drainedSeconds };
  } finally {
    await engine.process.stop();
    removeFolder(folder);
  }
}

if (!existsSync(FILE)) {
  process.stdout.write(`There is no ${FILE}: set VIF_TEST_DATA.\n`);
} else {
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure());
  printTable([
    ["round", "lines/s", "seconds", "machine CPU s", "engine CPU s", "history after, s"],
    ...rounds.map((round, index) => [
      String(index + 1),
      count(round.linesPerSecond),
      round.seconds.toFixed(1),
      round.cpuSeconds.toFixed(1),
      round.engineCpuSeconds.toFixed(1),
      round.drainedSeconds.toFixed(1),
    ]),
    ["median", count(median(rounds.map(({ linesPerSecond }) => linesPerSecond))), "", "", "", ""],
  ]);
  const linesPerSecond = median(rounds.map((round) => round.linesPerSecond));
  process.stdout.write(`\n${keepResults("replay", { lines: LINES, linesPerSecond, rounds })}\n`);
}
