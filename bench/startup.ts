/**
 * How long an engine takes from its start to ready with many profiles stored: on the embedded store and on Redis, after a
 * clean stop and after kill -9 under load (a recovery has to fold the journal since the last checkpoint). Ready means that
 * /readyz answers 200, which it does when every shard is owned; a decision for a stored profile is checked each time.
 *
 * Estimate before the first run: 1 s for Node, modules and threads; folding 8 x 6,000 records 0.3 s; under 2 s in all.
 */
import { removeFolder, startEngine, startRedis, temporaryFolder } from "./engine-process.ts";
import { ROOT, serverTarget, fillProfiles, isKnown, loadOf } from "./filled-engine.ts";
import { keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 100_000);
const ROUNDS = sizeOf("BENCH_ROUNDS", 5);
const STORES = (process.env["BENCH_STORES"] ?? "embedded,redis").split(",");
/** Of events before each end, so that there is something to store or to fold. */
const BUSY_SECONDS = 2;

interface Start {
  readonly store: string;
  readonly after: "kill" | "stop";
  readonly readyMs: number;
  /** Processor time of all its threads until then: what is left of `readyMs` is waiting, on a busy machine for a core. */
  readonly cpuSeconds: number;
}

async function measure(store: string, url: string): Promise<readonly Start[]> {
  const folder = temporaryFolder(`startup-${store}`);
  const starts: Start[] = [];
  const options = { name: store, store: url, rules: `${ROOT}/rules`, folder };
  let engine = await startEngine(options);
  try {
    await fillProfiles(engine, PROFILES);
    for (let round = 0; round < ROUNDS * 2; round++) {
      const after = round % 2 === 0 ? "stop" : "kill";
      const load = await loadOf(serverTarget(engine), { profiles: PROFILES, seed: 100 + round });
      await load.closedLoop(BUSY_SECONDS, 16);
      load.close();
      await engine.process.stop(after === "kill" ? "SIGKILL" : "SIGTERM");
      engine = await startEngine(options);
      starts.push({ store, after, readyMs: engine.readyMs, cpuSeconds: engine.process.cpuSeconds() });
      if (!(await isKnown(engine, 7))) throw new Error(`${store} does not know a profile that it had before`);
    }
  } finally {
    await engine.process.stop();
    removeFolder(folder);
  }
  return starts;
}

async function main(): Promise<void> {
  const starts: Start[] = [];
  if (STORES.includes("embedded")) starts.push(...(await measure("embedded", "embedded")));
  if (STORES.includes("redis")) {
    const redis = await startRedis();
    try {
      starts.push(...(await measure("redis", redis.url)));
    } finally {
      await redis.process.stop();
      removeFolder(redis.folder);
    }
  }
  const cases = STORES.flatMap((store) => (["stop", "kill"] as const).map((after) => ({ store, after })));
  const rows = cases.map(({ store, after }) => {
    const own = starts.filter((start) => start.store === store && start.after === after);
    return {
      store,
      after,
      readyMs: own.map(({ readyMs }) => readyMs),
      cpuSeconds: own.map((start) => start.cpuSeconds),
    };
  });
  printTable([
    ["start to ready", "median ms", "min", "max", "cpu s", "starts"],
    ...rows.map(({ store, after, readyMs, cpuSeconds }) => [
      `${store}, after ${after === "kill" ? "kill -9" : "a clean stop"}`,
      median(readyMs).toFixed(0),
      Math.min(...readyMs).toFixed(0),
      Math.max(...readyMs).toFixed(0),
      median(cpuSeconds).toFixed(1),
      String(readyMs.length),
    ]),
  ]);
  process.stdout.write(`\nkept in ${keepResults("startup", { profiles: PROFILES, rounds: ROUNDS, rows })}\n`);
}

await main();
