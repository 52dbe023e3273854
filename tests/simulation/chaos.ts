/**
 * What goes wrong in a simulated run, and when: each seed draws which kinds of fault it has and how often. A kind is one
 * function of the world; adding one is adding a line to the table.
 */
import type { NodeId, ShardId } from "../../engine/model/ids.ts";
import type { Channel } from "../../engine/model/message.ts";
import { parseSteering, renderSteering, withOrders } from "../../engine/model/steering.ts";
import type { NodeLife } from "./node-life.ts";
import { NO_FAULTS } from "./remote.ts";
import { VARIANTS, planDigest } from "./sample-rules.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { World } from "./world.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

type Fault = (world: World, random: SeededRandom) => void;

const FAULTS = {
  crash: (world, random) => {
    const life = pickLife(world, random);
    if (life === undefined) return;
    world.crash(life);
    // With others to take over it may stay away for long.
    const awayMs = random.chance(0.5) ? random.below(2 * SECOND_MS) : random.below(14 * SECOND_MS);
    world.scheduler.after(awayMs, `${life.node} starts`, undefined, () => world.start(life.node));
  },
  freeze: (world, random) => {
    const life = pickLife(world, random);
    if (life === undefined) return;
    const frozenMs = random.chance(0.5) ? random.below(SECOND_MS) : random.between(3, 10) * SECOND_MS;
    world.scheduler.note(() => `${life.name} freezes for ${frozenMs} ms`);
    life.frozenUntilMs = world.scheduler.nowMs + frozenMs;
  },
  partition: (world, random) => {
    const life = pickLife(world, random);
    if (life === undefined) return;
    const awayMs = random.between(1, 12) * SECOND_MS;
    world.scheduler.note(() => `${life.name} cannot reach the store for ${awayMs} ms`);
    world.store.remote.cutOff((actor) => actor.name.startsWith(life.name), awayMs);
  },
  storePause: (world, random) => {
    const pauseMs = random.chance(0.6) ? random.below(SECOND_MS) : random.between(2, 8) * SECOND_MS;
    world.scheduler.note(() => `the store pauses for ${pauseMs} ms`);
    world.store.remote.pausedUntilMs = world.scheduler.nowMs + pauseMs;
  },
  failover: (world) => world.failover(),
  badConnections: (world, random) => {
    const faults = {
      requestLost: random.fraction() * 0.1,
      answerLost: random.fraction() * 0.15,
      landsLate: random.fraction() * 0.05,
      delayMsMax: random.pick([2, 20, 200]),
    };
    world.store.remote.faults = faults;
    world.history.remote.faults = faults;
    world.scheduler.after(random.between(1, 6) * SECOND_MS, "connections are well again", undefined, () => {
      world.store.remote.faults = NO_FAULTS;
      world.history.remote.faults = NO_FAULTS;
    });
  },
  historyPause: (world, random) => {
    world.history.remote.pausedUntilMs = world.scheduler.nowMs + random.below(10 * SECOND_MS);
  },
  linkBreaks: (world, random) => {
    const links = world.links.all();
    if (links.length > 0) world.links.break(random.pick(links));
  },
  slowLinks: (world, random) => {
    world.links.delayMsMax = random.pick([1, 5, 50, 300]);
  },
  skew: (world, random) => {
    const node = random.pick(world.nodes);
    const size = random.pick([SECOND_MS, 3 * SECOND_MS, HOUR_MS]);
    world.setSkew(node, Math.floor((random.fraction() * 2 - 1) * size));
  },
  timePasses: (world, random) => {
    const passedMs = random.pick([HOUR_MS / 6, 2 * HOUR_MS, 13 * HOUR_MS, 30 * HOUR_MS]);
    world.letTimePass(Math.floor(random.fraction() * passedMs));
  },
  newPlan: (world, random) => world.store.state.setCurrentPlan(planDigest(random.pick(VARIANTS))),
  /** An operator pauses triggers and channels, or lets all go on again. */
  newOrders: ({ store: { state } }, random) => {
    const paused = random.pick([[], ["thanks"], ["golden", "thanks"]]);
    const pausedChannels = random.pick<readonly Channel[]>([[], ["email"], ["email", "webhook"], ["web"]]);
    const steering = parseSteering(state.steering);
    const orders = { paused, pausedChannels, stopped: false };
    state.setSteering(renderSteering(withOrders(steering, orders)), state.steering);
  },
  senderLeaves: (world, random) => random.pick(world.senders).reconnect(),
  handOver: (world, random) => {
    // As ownership does when another node comes: the worker is told over its port.
    const shard = random.below(world.store.state.shards) as ShardId;
    const { owner, epoch } = world.store.state.lease(shard);
    const life = owner === undefined ? undefined : world.lifeOf(owner);
    if (life === undefined || life.frozenUntilMs > world.scheduler.nowMs) return;
    life
      .ownerOf(shard, epoch)
      ?.release(shard)
      .catch(() => undefined);
  },
  /** A worker is killed after it has processed a turn, and before that reaches the store. */
  diesAppending: (world, random) => {
    world.store.remote.trap = (actor, label) => {
      const worker = label.includes(" append ") ? world.workerNamed(actor?.name) : undefined;
      if (worker === undefined) return false;
      const soonMs = random.fraction() * 5;
      world.scheduler.after(soonMs, "a worker dies appending", undefined, () => worker.die());
      return true;
    };
  },
  workerDies: (world, random) => {
    const life = pickLife(world, random);
    if (life !== undefined) random.pick(life.workers).die();
  },
} as const satisfies Record<string, Fault>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** How often each kind has come. */
export type FaultCounts = Partial<Record<FaultKind, number>>;

/**
 * Draws the kinds of this seed, and plans the next fault again and again until `untilMs`. Not all of them in each: where
 * everything goes wrong all the time, what takes a quiet minute after one fault is never reached.
 *
 * @returns counts that grow as faults come
 */
export function startChaos(world: World, untilMs: number): FaultCounts {
  const random = world.scheduler.random.branch();
  const kinds = FAULT_KINDS.filter(() => random.chance(0.6));
  const pauseMsMax = random.pick([800, 2_000, 5_000]);
  const counts: FaultCounts = {};
  if (kinds.length === 0) return counts;
  const next = (): void => {
    world.scheduler.after(random.below(pauseMsMax), "chaos", undefined, () => {
      if (world.scheduler.nowMs >= untilMs || world.calm) return;
      const kind = random.pick(kinds);
      world.scheduler.note(() => `fault: ${kind}`);
      FAULTS[kind](world, random);
      counts[kind] = (counts[kind] ?? 0) + 1;
      next();
    });
  };
  next();
  return counts;
}

function pickLife(world: World, random: SeededRandom): NodeLife | undefined {
  const lives = world.nodes.flatMap((node: NodeId) => world.lifeOf(node) ?? []);
  return lives.length === 0 ? undefined : random.pick(lives);
}
