/**
 * The whole way of an event against the floor of a JSON gateway, interleaved in one run on the same cores: the echo; Vif
 * on its embedded store (`disk`) and on Redis (`process`), each with visits and with uniform traffic; 1,000 generated
 * rules over 60 aggregates, 100,000 profiles, distinct message ids, durable before answer, checkpoints and the drain
 * into history on. Everybody has a past of ten events over six days, as the profiles of a brand have. Closed loop for
 * throughput and server CPU an event; open loop at half of the side's own saturation for latency, and the echo at the same
 * absolute rate; medians of all rounds.
 *
 * Estimate before the first run: echo 200,000/s; embedded 50,000 to 80,000; Redis 35,000 to 60,000.
 */
import { writeRules } from "./generate-rules.ts";
import {
  metricOf,
  type RunningEngine,
  removeFolder,
  startEcho,
  startEngine,
  startRedis,
  temporaryFolder,
} from "./engine-process.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import type { ServerProcess } from "./server-process.ts";
import { type Load, type LoadResult, type LoadTarget, openConnections } from "./socket-load.ts";
import { EventFrames, type Traffic } from "./visits.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 100_000);
const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const SECONDS = sizeOf("BENCH_SECONDS", 6);
/** Events that everybody has behind them: a brand's profiles have a past, and most segments were entered long ago. */
const PAST = sizeOf("BENCH_PAST", 10);
const STORES = (process.env["BENCH_STORES"] ?? "embedded,redis").split(",");
/** Within the horizon of message ids: older events are refused. */
const PAST_DAYS = 6;
const CONNECTIONS = 64;
const PIPELINE = 16;
const RULES = 1000;
/** Room for all profiles, so that the path is measured and not the cache. */
const ENGINE = { VIF_CACHE_MB: "1024" };

interface Side {
  readonly name: string;
  /** Opened for each measurement: an idle socket is closed by the server. */
  readonly open: () => Promise<Load>;
  readonly server: ServerProcess;
  readonly redis: ServerProcess | undefined;
  readonly rates: number[];
  readonly serverMicroseconds: number[];
  readonly redisMicroseconds: number[];
  refused: number;
}

/** Of a side and of the floor at the same rate, a result a round. */
interface Latency {
  readonly side: Side;
  readonly atEventsPerSecond: number;
  readonly vif: LoadResult[];
  readonly echo: LoadResult[];
}

async function main(): Promise<void> {
  const rules = temporaryFolder("rules");
  writeRules(rules, { segments: RULES, aggregates: 60, contents: 10, seed: 1 });
  const folders = [rules];
  const stops: (() => Promise<void>)[] = [];
  try {
    const echo = await startEcho();
    const echoTarget = { host: "127.0.0.1", port: echo.port, path: "/v1/stream" };
    stops.push(() => echo.process.stop());
    const engines: { name: string; engine: RunningEngine; redis?: ServerProcess }[] = [];
    if (STORES.includes("embedded")) {
      const engine = await startEngine({ name: "embedded", store: "embedded", rules, env: ENGINE });
      stops.push(() => engine.process.stop());
      engines.push({ name: "embedded", engine });
    }
    if (STORES.includes("redis")) {
      const redis = await startRedis();
      stops.push(() => redis.process.stop());
      const engine = await startEngine({ name: "on-redis", store: redis.url, rules, env: ENGINE });
      stops.push(() => engine.process.stop());
      engines.push({ name: "redis", engine, redis: redis.process });
      folders.push(redis.folder);
    }
    folders.push(...engines.map(({ engine }) => engine.folder));

    const sides: Side[] = [side("echo", "visits", echoTarget, echo.process)];
    for (const traffic of ["visits", "uniform"] as const)
      for (const { name, engine, redis } of engines)
        sides.push(side(`${name}, ${traffic}`, traffic, targetOf(engine), engine.process, redis));
    for (const { name, engine } of engines) await fill(name, targetOf(engine));

    const settled = (): Promise<unknown> => Promise.all(engines.map(({ engine }) => untilDrained(engine)));
    for (let round = 0; round < ROUNDS; round++)
      for (const one of sides) {
        await settled();
        process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${one.name}            \r`);
        await measure(one);
      }
    const latencies = sides.slice(1).map((one): Latency => {
      return { side: one, atEventsPerSecond: Math.floor(median(one.rates) / 2), vif: [], echo: [] };
    });
    const floor = sides[0] as Side;
    for (let round = 0; round < ROUNDS; round++)
      for (const { side: one, atEventsPerSecond: rate, vif, echo: echoes } of latencies) {
        process.stderr.write(`latency, ${round + 1} of ${ROUNDS}: ${one.name} at ${rate}/s            \r`);
        await settled();
        vif.push(await during(one, (load) => load.openLoop(SECONDS, rate)));
        await settled();
        echoes.push(await during(floor, (load) => load.openLoop(SECONDS, rate)));
      }
    report(sides, latencies);
  } finally {
    for (const stop of stops.reverse()) await stop();
    for (const folder of folders) removeFolder(folder);
  }
}

function targetOf(engine: RunningEngine): LoadTarget {
  return { host: "127.0.0.1", port: engine.port, path: "/v1/stream?writeKey=example-server-key&decisions=1" };
}

function side(name: string, traffic: Traffic, target: LoadTarget, server: ServerProcess, redis?: ServerProcess): Side {
  const frames = new EventFrames({ profiles: PROFILES, traffic, seed: 7, startedAt: new Date() });
  const open = (): Promise<Load> => openConnections(target, CONNECTIONS, frames);
  return { name, open, server, redis, rates: [], serverMicroseconds: [], redisMicroseconds: [], refused: 0 };
}

/** Gives everybody a past of some days, so that what is measured is not the first hour of a shop. */
async function fill(name: string, target: LoadTarget): Promise<void> {
  for (let round = 0; round < PAST; round++) {
    process.stderr.write(`${name}: everybody's past, ${round + 1} of ${PAST}            \r`);
    const startedAt = new Date(Date.now() - ((PAST - round) / PAST) * PAST_DAYS * 86_400_000);
    const frames = new EventFrames({ profiles: PROFILES, traffic: "uniform", seed: 3 + round, startedAt });
    let next = 0;
    frames.createVisitor = () => () => next++ % PROFILES;
    const load = await openConnections(target, CONNECTIONS, frames);
    while (next < PROFILES) await load.closedLoop(0.5, PIPELINE);
    load.close();
  }
}

/** Until history has everything: what one engine still has to drain would be taken from the side that is measured next. */
async function untilDrained({ port }: RunningEngine): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if ((await metricOf({ port }, "vif_drain_lag_records")) === 0) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`history of the engine at port ${port} has not caught up within a minute`);
}

async function during(one: Side, run: (load: Load) => Promise<LoadResult>): Promise<LoadResult> {
  const load = await one.open();
  const result = await run(load);
  load.close();
  return result;
}

async function measure(one: Side): Promise<void> {
  const load = await one.open();
  await load.closedLoop(1, PIPELINE);
  const cpuBefore = one.server.cpuSeconds();
  const redisBefore = one.redis?.cpuSeconds() ?? 0;
  const result = await load.closedLoop(SECONDS, PIPELINE);
  load.close();
  one.rates.push(result.eventsPerSecond);
  one.refused += result.refused;
  one.serverMicroseconds.push(((one.server.cpuSeconds() - cpuBefore) / result.events) * 1e6);
  one.redisMicroseconds.push((((one.redis?.cpuSeconds() ?? 0) - redisBefore) / result.events) * 1e6);
}

function report(sides: readonly Side[], latencies: readonly Latency[]): void {
  const floor = median(sides[0]?.rates ?? []);
  printTable([
    ["closed loop", "events/s", "of echo", "min..max", "server us/event", "redis us/event", "refused"],
    ...sides.map((one) => [
      one.name,
      count(median(one.rates)),
      (median(one.rates) / floor).toFixed(3),
      `${count(Math.min(...one.rates))}..${count(Math.max(...one.rates))}`,
      median(one.serverMicroseconds).toFixed(1),
      one.redis === undefined ? "" : median(one.redisMicroseconds).toFixed(1),
      String(one.refused),
    ]),
  ]);
  process.stdout.write("\n");
  printTable([
    [
      "open loop at half of saturation",
      "events/s",
      "p50 ms",
      "p95 ms",
      "p99 ms",
      "p99 min..max",
      "echo p99 ms",
      "p99 ratio",
      "refused",
    ],
    ...latencies.map(({ side: { name }, atEventsPerSecond, vif, echo }) => {
      const p99s = vif.map(({ p99Ms }) => p99Ms);
      const [p99, floor] = [median(p99s), median(echo.map(({ p99Ms }) => p99Ms))];
      return [
        name,
        count(atEventsPerSecond),
        median(vif.map(({ p50Ms }) => p50Ms)).toFixed(2),
        median(vif.map(({ p95Ms }) => p95Ms)).toFixed(2),
        p99.toFixed(2),
        `${Math.min(...p99s).toFixed(0)}..${Math.max(...p99s).toFixed(0)}`,
        floor.toFixed(2),
        (p99 / floor).toFixed(2),
        String(vif.reduce((sum, { refused }) => sum + refused, 0)),
      ];
    }),
  ]);
  const path = keepResults("whole-path", {
    profiles: PROFILES,
    pastEvents: PAST,
    rules: RULES,
    connections: CONNECTIONS,
    pipeline: PIPELINE,
    rounds: ROUNDS,
    seconds: SECONDS,
    closedLoop: sides.map(({ name, rates, serverMicroseconds, redisMicroseconds, refused }) => ({
      name,
      rates,
      serverMicroseconds,
      redisMicroseconds,
      refused,
    })),
    openLoop: latencies.map(({ side: { name }, ...measured }) => ({ name, ...measured })),
  });
  process.stdout.write(`\nkept in ${path}\n`);
}

await main();
