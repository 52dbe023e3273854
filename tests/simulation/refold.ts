/**
 * "State is a fold of the journal": at the end of a run all shards are handed over, so that the store holds all that the
 * owners had in memory. Then a fresh host is given the journals alone, from the first record, and hands over in turn. The
 * two stores must hold the same people, in canonical form, and the same cells.
 */
import type { NodeId, ShardId } from "../../engine/model/ids.ts";
import { canonical, decodeProfile } from "../../engine/profile/port.ts";
import { ShardHost } from "../../engine/shard/shard-host.ts";
import { FaultyStore } from "./faulty-store.ts";
import { VARIANTS, type Variant, loadSamplePlan, planDigest, planSource } from "./sample-rules.ts";
import { Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { StoreState } from "./store-state.ts";
import { parseAny } from "./wire-event.ts";
import type { World } from "./world.ts";

const NODE = "refold" as NodeId;
const TIME_MS_MAX = 30_000;
/** For wake-ups and the plan's way over all profiles. */
const SETTLE_MS = 3_000;

/** Returns what differs, in words. */
export async function checkRefold(world: World): Promise<readonly string[]> {
  const { store, scheduler } = world;
  const startedMs = world.wallMs() - SETTLE_MS;
  const hosts = world.lives().flatMap(({ workers }) => workers.flatMap(({ host }) => host ?? []));
  const releases = hosts.flatMap((host) => host.status().map(({ shard }) => host.release(shard)));
  let released = false;
  void Promise.all(releases).then(() => {
    released = true;
  });
  if (!(await scheduler.runUntil(() => released, scheduler.nowMs + TIME_MS_MAX))) return ["no clean hand-over"];
  const refolded = await refold(world, startedMs);
  if (refolded === undefined) return ["the journals alone cannot be folded"];
  return Array.from({ length: store.state.shards }, (_, shard) =>
    differences(store.state, refolded, { shard: shard as ShardId, plan: world.plan }),
  ).flat();
}

async function refold(world: World, startedMs: number): Promise<StoreState | undefined> {
  const scheduler = new Scheduler(new SeededRandom(1));
  // Time stands still, and a little before the hand-over: what fell due since is flipped on neither side.
  const now = (): number => Math.floor(startedMs);
  const { shards } = world.store.state;
  const store = new FaultyStore(scheduler, { shards, level: "disk", wallNow: now });
  const { state } = store;
  for (const variant of VARIANTS) state.putPlan(planDigest(variant), planSource(variant));
  for (const journal of world.ledger.journals)
    for (const { stored } of journal) {
      const { shard } = stored;
      const { epoch } = state.lease(shard);
      state.append({ ...stored, epoch: epoch > 0 ? epoch : (state.claim(state.lease(shard), NODE, 0) ?? 0) });
    }
  state.flush();
  const host = new ShardHost({
    node: NODE,
    store: store.connect(undefined),
    history: undefined,
    loadPlan: loadSamplePlan,
    parse: parseAny,
    clock: { now, monotonicMs: () => scheduler.nowMs },
    timers: { after: (delayMs, task) => scheduler.after(delayMs, "timer", undefined, task) },
    random: new SeededRandom(2),
    cacheBytesMax: 100_000_000,
    send: () => undefined,
    sendPeer: () => undefined,
    onShard: () => undefined,
  });
  const done = async (work: Promise<unknown>): Promise<boolean> => {
    let settled = false;
    void work.then(() => {
      settled = true;
    });
    return scheduler.runUntil(() => settled, scheduler.nowMs + TIME_MS_MAX);
  };
  const claims = async (): Promise<void> => {
    await host.activate(planDigest(world.plan));
    await Promise.all(state.readLeases().map((lease) => host.claim(lease)));
  };
  if (!(await done(claims()))) return undefined;
  await scheduler.runUntil(() => false, scheduler.nowMs + SETTLE_MS);
  return (await done(host.close())) ? state : undefined;
}

function differences(
  live: StoreState,
  refolded: StoreState,
  { shard, plan }: { readonly shard: ShardId; readonly plan: Variant },
): readonly string[] {
  const [left, right] = [peopleOf(live, shard, plan), peopleOf(refolded, shard, plan)];
  const problems: string[] = [];
  for (const id of new Set([...left.keys(), ...right.keys()]))
    if (left.get(id) !== right.get(id))
      problems.push(`${id} (s${shard}) is not the fold of its records: ${left.get(id)} / ${right.get(id)}`);
  const [cells, cellsRefolded] = [live.cells(shard), refolded.cells(shard)];
  for (const key of new Set([...cells.keys(), ...cellsRefolded.keys()]))
    if (cells.get(key) !== cellsRefolded.get(key))
      problems.push(`cell ${key} leads to ${cells.get(key)}, by the records to ${cellsRefolded.get(key)}`);
  return problems;
}

function peopleOf(state: StoreState, shard: ShardId, variant: Variant): ReadonlyMap<string, string> {
  const plan = loadSamplePlan(planSource(variant));
  return new Map(
    state
      .scan(shard, undefined, Number.POSITIVE_INFINITY)
      .map(({ id, row }) => [id, JSON.stringify(canonical(decodeProfile(row, plan, id)))]),
  );
}
