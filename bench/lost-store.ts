/**
 * A live store that is lost, with many profiles in it and a night behind: from the start of the engine on an empty store to
 * ready, and to whole, under events of a steady rate meanwhile; what these wait, beside what they wait of the same engine
 * once it is whole. All visitors are asked for at once, so that most events of the first seconds are of somebody who is to be
 * filled first. Once more at last, with twice as many shards.
 *
 *     npm run bench -- lost-store        BENCH_PROFILES (100,000), BENCH_RATE (1,000 events a second), BENCH_ROUNDS (3),
 *                                        BENCH_STORES (embedded,redis)
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { NightReport } from "../engine/control/nights-port.ts";
import { removeFolder, type RunningEngine, startEngine, startRedis, temporaryFolder } from "./engine-process.ts";
import { fillProfiles, isKnown, loadOf, ROOT, serverTarget } from "./filled-engine.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import type { LoadResult } from "./socket-load.ts";
import { sizeOf } from "./sizes.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 100_000);
const RATE = sizeOf("BENCH_RATE", 1_000);
const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const STORES = (process.env["BENCH_STORES"] ?? "embedded,redis").split(",");
const EVENTS_EACH = 4;
/** How long the load is on, from ready on, and once more when the store is whole. */
const LOAD_SECONDS = 10;
const SHARDS = 8;
const TOKEN = "control-token-of-a-bench";

interface Lost {
  readonly store: string;
  readonly readyMs: number;
  /** From ready on. */
  readonly wholeMs: number;
  readonly filling: LoadResult;
  readonly usual: LoadResult;
}

async function unfilled({ controlPort }: RunningEngine): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${controlPort}/v1/status`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const { shards } = (await response.json()) as { readonly shards: readonly { readonly unfilled: number }[] };
  return shards.reduce((sum, shard) => sum + shard.unfilled, 0);
}

async function untilWhole(engine: RunningEngine): Promise<number> {
  const startMs = performance.now();
  while ((await unfilled(engine)) > 0)
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  return performance.now() - startMs;
}

/** Until each shard has a snapshot of a night. */
function reconcile(folder: string): void {
  const command = [join(ROOT, "dist", "engine", "cli", "main.js"), "reconcile", "--json"];
  const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder, VIF_RULES: `${ROOT}/rules` };
  for (let nights = 0; nights < 10; nights++) {
    const { stdout, stderr } = spawnSync(process.execPath, command, { env, encoding: "utf8", maxBuffer: 1 << 28 });
    const { shards, snapshots, drifts } = JSON.parse(stdout || "{}") as Partial<NightReport>;
    if (drifts !== 0) throw new Error(`a night finds something: ${stdout}${stderr}`);
    if (snapshots?.taken === shards || snapshots?.read === shards) return;
  }
  throw new Error("nights leave no snapshots");
}

async function measure(store: string, url: string, lose: (folder: string) => Promise<void>): Promise<readonly Lost[]> {
  const folder = temporaryFolder(`lost-store-${store}`);
  const env = { VIF_CONTROL_TOKEN: TOKEN, VIF_NIGHT: "off", VIF_SHARDS: String(SHARDS) };
  const options = { name: store, store: url, rules: `${ROOT}/rules`, folder, env };
  const all: Lost[] = [];
  let engine = await startEngine(options);
  try {
    await fillProfiles(engine, PROFILES, EVENTS_EACH);
    reconcile(folder);
    for (let round = 0; round <= ROUNDS; round++) {
      const grows = round === ROUNDS;
      if (grows) env.VIF_SHARDS = String(SHARDS * 2);
      await engine.process.stop();
      await lose(folder);
      engine = await startEngine(options);
      const load = await loadOf(serverTarget(engine), { profiles: PROFILES, seed: 50 + round, traffic: "uniform" });
      const whole = untilWhole(engine);
      const filling = await load.openLoop(LOAD_SECONDS, RATE);
      const wholeMs = await whole;
      const usual = await load.openLoop(LOAD_SECONDS, RATE);
      load.close();
      if (!(await isKnown(engine, 7))) throw new Error(`${store} does not know a profile that it had before`);
      all.push({ store: grows ? grown(store) : store, readyMs: engine.readyMs, wholeMs, filling, usual });
      process.stderr.write(`${store}: ${round + 1} of ${ROUNDS + 1}   \r`);
    }
  } finally {
    await engine.process.stop();
    removeFolder(folder);
  }
  return all;
}

function grown(store: string): string {
  return `${store}, ${SHARDS * 2} shards`;
}

async function main(): Promise<void> {
  const all: Lost[] = [];
  if (STORES.includes("embedded"))
    all.push(
      ...(await measure("embedded", "embedded", async (folder) => rmSync(join(folder, "store"), { recursive: true }))),
    );
  if (STORES.includes("redis")) {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    try {
      all.push(...(await measure("redis", redis.url, async () => void (await client.flushall()))));
    } finally {
      client.disconnect();
      await redis.process.stop();
      removeFolder(redis.folder);
    }
  }
  printTable([
    [
      "store lost",
      "ready ms",
      "whole after ms",
      "profiles/s",
      "p50 ms",
      "p99",
      "longest",
      "usual p50",
      "p99",
      "refused",
    ],
    ...STORES.flatMap((store) => [store, grown(store)]).map((store) => {
      const own = all.filter((each) => each.store === store);
      const of = (pick: (each: Lost) => number): number => median(own.map(pick));
      return [
        store,
        of(({ readyMs }) => readyMs).toFixed(0),
        of(({ wholeMs }) => wholeMs).toFixed(0),
        count(of(({ wholeMs }) => (PROFILES / wholeMs) * 1000)),
        of(({ filling }) => filling.p50Ms).toFixed(1),
        of(({ filling }) => filling.p99Ms).toFixed(0),
        of(({ filling }) => filling.maxMs).toFixed(0),
        of(({ usual }) => usual.p50Ms).toFixed(1),
        of(({ usual }) => usual.p99Ms).toFixed(1),
        count(own.reduce((sum, { filling, usual }) => sum + filling.refused + usual.refused, 0)),
      ];
    }),
  ]);
  const of = { profiles: PROFILES, eventsEach: EVENTS_EACH, rate: RATE, rounds: ROUNDS };
  process.stdout.write(`\nkept in ${keepResults("lost-store", { ...of, all })}\n`);
}

await main();
