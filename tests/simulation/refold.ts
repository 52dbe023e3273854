/**
 * "State is a fold of the journal": at the end of a run all shards are handed over, so that the store holds all that the
 * owners had in memory. Then a fresh host is given the journals alone, from the first record, and hands over in turn; and
 * another one an empty store and a history with snapshots taken somewhere on the way, as if the store had been lost; and the
 * same of twice as many shards. All must hold the same people, in canonical form, and the same cells.
 */
import { type NodeId, type ProfileId, type ShardId, shardOfProfile } from "../../engine/model/ids.ts";
import { canonical, decodeProfile } from "../../engine/profile/port.ts";
import { growTo } from "../../engine/reconcile/grow.ts";
import { createRestoring, type RestoringOptions } from "../../engine/reconcile/restoring.ts";
import { ShardHost } from "../../engine/shard/shard-host.ts";
import { FaultyStore } from "./faulty-store.ts";
import { VARIANTS, type Variant, loadSamplePlan, planDigest, planSource } from "./sample-rules.ts";
import { Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";
import { snapshottedHistory } from "./snapshot-fold.ts";
import type { StoreState } from "./store-state.ts";
import { parseAny } from "./wire-event.ts";
import type { World } from "./world.ts";

const NODE = "refold" as NodeId;
const TIME_MS_MAX = 30_000;
const CLAIMS_MAX = 3;
/** For wake-ups and the plan's way over all profiles. */
const SETTLE_MS = 3_000;

/**
 * Returns what differs, in words.
 * @param lost what becomes of it when the store is lost is told as well, which takes four times as long
 */
export async function checkRefold(
  world: World,
  lost: "as it was" | "of more shards" | undefined,
): Promise<readonly string[]> {
  const { store, scheduler, ledger } = world;
  const startedMs = world.wallMs() - SETTLE_MS;
  const hosts = world.lives().flatMap(({ workers }) => workers.flatMap(({ host }) => host ?? []));
  const releases = hosts.flatMap((host) => host.status().map(({ shard }) => host.release(shard)));
  let released = false;
  void Promise.all(releases).then(() => {
    released = true;
  });
  if (!(await scheduler.runUntil(() => released, scheduler.nowMs + TIME_MS_MAX))) return ["no clean hand-over"];
  const refolded = await fold(world, startedMs, ({ state }) => {
    for (const journal of ledger.journals)
      for (const { stored } of journal) {
        const { shard } = stored;
        const { epoch } = state.lease(shard);
        state.append({ ...stored, epoch: epoch > 0 ? epoch : (state.claim(state.lease(shard), NODE, 0) ?? 0) });
      }
  });
  if (refolded === undefined) return ["the journals alone cannot be folded"];
  const problems = differences(store.state, refolded, { plan: world.plan });
  if (lost === undefined) return problems;
  const history = await snapshottedHistory(world);
  const shards = store.state.shards * (lost === "as it was" ? 1 : 2);
  await growTo(history, shards);
  const restored = await fold(world, startedMs, () => undefined, { shards, history });
  if (restored === undefined) return [`a store that was lost is not put back ${lost}`];
  // What a page may have shown, and nobody has said so, is not shown again.
  const found = differences(store.state, restored, { plan: world.plan, without: ["waiting", "ended"] });
  return [...problems, ...found.map((text) => `put back ${lost}: ${text}`)];
}

/** A fresh host on a store that was filled so; with a history that knows more it puts that back. */
async function fold(
  world: World,
  startedMs: number,
  fill: (store: FaultyStore) => void,
  past?: { readonly history: RestoringOptions["history"]; readonly shards: number },
): Promise<StoreState | undefined> {
  const scheduler = new Scheduler(new SeededRandom(1));
  // Time stands still, and a little before the hand-over: what fell due since is flipped on neither side.
  const now = (): number => Math.floor(startedMs);
  const { history, shards } = { shards: world.store.state.shards, history: undefined, ...past };
  const store = new FaultyStore(scheduler, { shards, level: "disk", wallNow: now });
  const { state } = store;
  for (const variant of VARIANTS) state.putPlan(planDigest(variant), planSource(variant));
  fill(store);
  state.flush();
  const monotonicMs = (): number => scheduler.nowMs;
  const later = (delayMs: number): Promise<void> =>
    new Promise((resolve) => void scheduler.after(delayMs, "later", undefined, resolve));
  const made =
    history &&
    createRestoring({
      store: store.connect(undefined),
      history,
      loadPlan: loadSamplePlan,
      // What has waited for long is not taken for sent.
      clock: { now: () => 0, monotonicMs },
      rest: () => later(0),
      later,
      onNote: () => undefined,
    });
  const host = new ShardHost({
    node: NODE,
    store: made?.store ?? store.connect(undefined),
    ...(made !== undefined && { restoring: made.restoring }),
    history: undefined,
    loadPlan: loadSamplePlan,
    parse: parseAny,
    clock: { now, monotonicMs },
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
    // The first claim of a store that was lost may be below what history knows.
    for (const lease of state.readLeases())
      for (let tries = 0; tries < CLAIMS_MAX; tries++) if (await host.claim(state.lease(lease.shard))) break;
    while (host.status().some(({ unfilled }) => unfilled > 0)) await later(1);
  };
  if (!(await done(claims()))) return undefined;
  await scheduler.runUntil(() => false, scheduler.nowMs + SETTLE_MS);
  const isClosed = await done(host.close());
  made?.close();
  return isClosed && host.status().length === 0 ? state : undefined;
}

function differences(
  live: StoreState,
  refolded: StoreState,
  of: { readonly plan: Variant; readonly without?: readonly string[] },
): string[] {
  const [left, right] = [peopleOf(live, of), peopleOf(refolded, of)];
  const problems: string[] = [];
  for (const id of new Set([...left.keys(), ...right.keys()]))
    if (left.get(id) !== right.get(id)) {
      const shard = shardOfProfile(id, live.shards);
      problems.push(`${id} (s${shard}) is not the fold of its records: ${left.get(id)} / ${right.get(id)}`);
    }
  const [cells, cellsRefolded] = [cellsOf(live), cellsOf(refolded)];
  for (const key of new Set([...cells.keys(), ...cellsRefolded.keys()]))
    if (cells.get(key) !== cellsRefolded.get(key))
      problems.push(`cell ${key} leads to ${cells.get(key)}, by the records to ${cellsRefolded.get(key)}`);
  return problems;
}

function shardsOf(state: StoreState): readonly ShardId[] {
  return Array.from({ length: state.shards }, (_, shard) => shard as ShardId);
}

function cellsOf(state: StoreState): ReadonlyMap<string, string> {
  return new Map(shardsOf(state).flatMap((shard) => [...state.cells(shard)]));
}

function peopleOf(
  state: StoreState,
  { plan: variant, without = [] }: { readonly plan: Variant; readonly without?: readonly string[] },
): ReadonlyMap<ProfileId, string> {
  const plan = loadSamplePlan(planSource(variant));
  const formOf = (id: ProfileId, row: Uint8Array): string => {
    const form = Object.entries(canonical(decodeProfile(row, plan, id)) as object);
    return JSON.stringify(Object.fromEntries(form.filter(([name]) => !without.includes(name))));
  };
  return new Map(
    shardsOf(state).flatMap((shard) =>
      state.scan(shard, undefined, Number.POSITIVE_INFINITY).map(({ id, row }) => [id, formOf(id, row)] as const),
    ),
  );
}
