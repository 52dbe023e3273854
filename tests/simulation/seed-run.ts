/**
 * One seed, from an empty store to the verdict: a cluster is drawn, visitors act while things go wrong, then faults stop,
 * everything comes to rest and is judged. The same seed is the same run, step by step.
 */
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import { type FaultCounts, startChaos } from "./chaos.ts";
import { judgeRun } from "./oracle.ts";
import { checkRefold } from "./refold.ts";
import { checkSnapshots } from "./snapshot-fold.ts";
import { Scheduler } from "./scheduler.ts";
import { Script } from "./script.ts";
import { SeededRandom } from "./seeded-random.ts";
import { checkWakeUps } from "./stored-wake-ups.ts";
import { World } from "./world.ts";

export interface SeedOptions {
  readonly planted?: PlantedBugs;
  readonly trace?: (line: string) => void;
}

export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly traceHash: number;
  readonly steps: number;
  /** Virtual seconds. */
  readonly seconds: number;
  readonly faults: FaultCounts;
  readonly events: number;
  readonly acknowledged: number;
  readonly records: number;
  readonly reads: number;
  readonly pushes: number;
}

/** Virtual time that everything may take to come to rest once faults have stopped. */
const REST_MS_MAX = 180_000;
/** How long it must then stay so. */
const REST_MS = 3_000;
/** How often it is looked at. */
const LOOK_MS = 50;
/** A zombie that reads is told by its answers, of which there are few else: visitors come to see, and seldom to look up. */
const READ_OFTEN_MS = 20;
/** Every so many seeds the journals are folded once more, from the first record: it takes a third of a seed's time. */
const REFOLD_EVERY = 4;
/** And of these every so manieth with the store lost besides; and with one lost that is of twice as many shards then. */
const LOST_EVERY = 16;
const LOST: Readonly<Record<number, "as it was" | "of more shards">> = { 0: "as it was", 8: "of more shards" };
/** Far above what any seed takes: one that runs away is ended. */
const STEPS_MAX = 200_000;

export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedReport> {
  const random = new SeededRandom(seed);
  const scheduler = new Scheduler(random, options.trace);
  const nodes = random.pick([1, 2, 2, 3]);
  const world = new World({
    scheduler,
    shards: random.pick([4, 8]),
    nodes,
    hostsPerNode: random.pick([1, 1, 2]),
    level: random.pick(["process", "disk"]),
    senders: random.between(4, 12),
    // The smallest makes hosts evict all the time; in half the seeds the next one holds two slabs of rows, stored or not.
    cacheBytesMax: random.pick([1, 20_000, 10_000_000]),
    packing: seed % 2 === 0 ? { openBytes: 0, slabBytes: 8_192 } : undefined,
    // Turns go on beside an append, as they do under a load that no seed has.
    aheadEventsMin: seed % 4 < 2 ? 1 : undefined,
    planted: options.planted ?? {},
  });
  const { ledger } = world;
  const script = new Script({
    random: random.branch(),
    ledger,
    devices: world.devices,
    server: world.server,
    users: random.between(2, 6),
    wallMs: () => world.wallMs(),
  });
  const failed = (): boolean => ledger.violations.length > 0 || ledger.limitMet || scheduler.stepsRun > STEPS_MAX;

  const uncaught = (error: unknown): void =>
    ledger.violate(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on("unhandledRejection", uncaught);
  let faults: FaultCounts = {};
  try {
    for (const node of world.nodes) world.start(node);
    const actions = random.between(40, 120);
    const pauseMsMax = random.pick([40, 200, 600]);
    let acted = 0;
    const act = (): void =>
      void scheduler.after(random.below(pauseMsMax), "visitors act", undefined, () => {
        script.act();
        acted += 1;
        if (acted < actions) act();
      });
    act();
    if (options.planted?.zombieReads === true) {
      const read = (): void =>
        void scheduler.after(READ_OFTEN_MS, "somebody reads", undefined, () => {
          script.read();
          if (acted < actions) read();
        });
      read();
    }
    faults = startChaos(world, actions * pauseMsMax * 0.6);
    await scheduler.runUntil(() => failed() || acted === actions, Number.POSITIVE_INFINITY);
    scheduler.note(() => "faults end");
    world.endFaults();
    await comeToRest(world, failed);
    if (!failed()) {
      const shownBefore = world.shown();
      const reads = await world.readAll(script.identifiers());
      const shown = world.shown();
      // Wake-ups go on: what fell due while it was read is to be in history too.
      await comeToRest(world, failed);
      for (const text of judgeRun({
        ledger,
        history: world.history,
        reads,
        shown,
        shownThen: [...shownBefore, ...world.shown()],
        plan: world.plan,
        provider: world.provider,
        wallNow: world.wallMs(),
      }))
        ledger.violate(text);
      for (const text of await checkWakeUps(world)) ledger.violate(text);
      if (seed % REFOLD_EVERY === 0 && !failed())
        for (const text of await checkRefold(world, LOST[seed % LOST_EVERY])) ledger.violate(text);
      if (seed % REFOLD_EVERY === 2 && !failed()) {
        const { problems } = await checkSnapshots(world.history, { shards: world.store.state.shards, random });
        for (const text of problems) ledger.violate(text);
      }
    }
  } catch (error) {
    uncaught(error);
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", uncaught);
  }
  if (scheduler.stepsRun > STEPS_MAX) ledger.violate(`the run did not end in ${STEPS_MAX} steps`);
  for (const text of ledger.violations) scheduler.note(() => `VIOLATION ${text}`);
  const events = [...ledger.events.values()];
  return {
    seed,
    violations: ledger.violations,
    traceHash: scheduler.traceHash,
    steps: scheduler.stepsRun,
    seconds: scheduler.nowMs / 1_000,
    faults,
    events: events.length,
    acknowledged: events.filter(({ told }) => told !== undefined).length,
    records: ledger.journals.flat().reduce((sum, { stored }) => sum + stored.count, 0),
    reads: world.observer.reads,
    pushes: world.observer.pushes,
  };
}

async function comeToRest(world: World, failed: () => boolean): Promise<void> {
  const { scheduler, ledger } = world;
  const endMs = scheduler.nowMs + REST_MS_MAX;
  let restingSinceMs: number | undefined;
  let lookAtMs = 0;
  const rested = (): boolean => {
    if (failed()) return true;
    if (scheduler.nowMs < lookAtMs) return false;
    lookAtMs = scheduler.nowMs + LOOK_MS;
    if (world.unrest() !== undefined) restingSinceMs = undefined;
    else restingSinceMs ??= scheduler.nowMs;
    return restingSinceMs !== undefined && scheduler.nowMs - restingSinceMs > REST_MS;
  };
  if (!(await scheduler.runUntil(rested, endMs))) ledger.violate(`no rest: ${world.unrest()}`);
}
