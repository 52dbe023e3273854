/**
 * A night's shards, one after the other: each is compared in one or more parts; a first look at all, a second in full at
 * those who differed, and only who differs in both is a drift, which is settled. A shard begins with its snapshot, and leaves
 * the pages of a new one where nothing differed. What it gives can go to another thread.
 */
import type { SnapshotHead } from "../history/port.ts";
import { checkpointWaitMsMax, driftsAShardMax, foldedPeopleMax, historyReachLookMs } from "../limits-of-reconcile.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import { partsFor } from "./bands.ts";
import { comparePart, type Look, type PartFindings, type Sources } from "./compare-part.ts";
import { behindDrift, cellDrift, type Fixable, flawDrift, messageDrift, personDrift } from "./drifts.ts";
import { scanPeople } from "./live-part.ts";
import type { Lane } from "./over-shards.ts";
import type { Drift } from "./port.ts";
import { settle, type Settling } from "./settle.ts";
import type { OpenMessage } from "./shard-messages.ts";
import { BrokenSnapshotError, readBase, readSnapshot, type Snapshot, type SnapshotHistory } from "./snapshots.ts";
import { isWorthTaking, ShardTaking } from "./take-snapshots.ts";

export interface NightLaneOptions extends Omit<Sources, "history">, Settling {
  readonly history: Sources["history"] & SnapshotHistory;
  /** Reads all records that are kept, whatever was found equal before. */
  readonly whole: boolean;
  /** Of this night's snapshots, unlike that of any other night. */
  readonly take: string;
}

export interface ShardNight extends Compared {
  /** Beginnings that were read, and that are not what was written. */
  readonly snapshots: { readonly read: number; readonly broken: number };
}

interface Compared {
  readonly drifts: readonly Drift[];
  readonly profiles: number;
  readonly cells: number;
  readonly records: number;
  /** Who was given up, by the message that brings them to another shard. */
  readonly seals: ReadonlyMap<ProfileId, OpenMessage>;
  readonly absorbed: ReadonlySet<ProfileId>;
  /** Its pages are there; undefined: the shard keeps what it had. */
  readonly snapshot: SnapshotHead | undefined;
}

/** Rejects with HistoryUnavailable or StoreUnavailable. */
export function createNightLane(options: NightLaneOptions): Lane<ShardNight> {
  return async (shard) => {
    const { begins, broken } = await readBeginnings(options, shard);
    await checkpoint(options, shard);
    return fromFirstSound(options, shard, { begins, broken });
  };
}

interface Beginnings {
  /** The first is tried first. */
  readonly begins: readonly Snapshot[];
  readonly broken: number;
}

/** Where the shard can begin but with its first record: with its snapshot, with what stands for removed rows. */
async function readBeginnings(
  { history, whole, planOf }: Pick<NightLaneOptions, "history" | "whole" | "planOf">,
  shard: ShardId,
): Promise<Beginnings> {
  const found = [
    whole ? undefined : await readSnapshot(history, shard, planOf),
    await readBase(history, shard, planOf),
  ];
  return {
    begins: found.flatMap((each) => (each === undefined || each === "broken" ? [] : [each])),
    broken: found.filter((each) => each === "broken").length,
  };
}

/** undefined: the shard begins with its first record. */
export async function beginningOf(
  options: Pick<NightLaneOptions, "history" | "whole" | "planOf">,
  shard: ShardId,
): Promise<Pick<Snapshot, "position" | "people"> | undefined> {
  return (await readBeginnings(options, shard)).begins[0];
}

/** Of a base that is broken too, what is left of the rows is folded: then history is found to be at fault. */
async function fromFirstSound(
  options: NightLaneOptions,
  shard: ShardId,
  { begins: [snapshot, ...begins], broken }: Beginnings,
): Promise<ShardNight> {
  try {
    const compared = await compareShard(options, shard, snapshot);
    return { ...compared, snapshots: { read: snapshot === undefined ? 0 : 1, broken } };
  } catch (error) {
    if (!(error instanceof BrokenSnapshotError)) throw error;
    return fromFirstSound(options, shard, { begins, broken: broken + 1 });
  }
}

async function compareShard(
  options: NightLaneOptions,
  shard: ShardId,
  snapshot: Snapshot | undefined,
): Promise<Compared> {
  const { history, dryRun, take, store } = options;
  const parts = partsFor(snapshot?.people ?? (await countPeople(store.state, shard)), foldedPeopleMax);
  const taking = dryRun ? undefined : new ShardTaking(history, { shard, take });
  const drifts: Drift[] = [];
  const seals = new Map<ProfileId, OpenMessage>();
  const absorbed = new Set<ProfileId>();
  let isWorthIt = true;
  let [profiles, cells, records] = [0, 0, 0];
  for (let part = 0; part < parts; part++) {
    const first = await comparePart(options, { shard, part, parts, snapshot, closely: undefined });
    if (first === "behind") {
      drifts.push(behindDrift(shard));
      return { drifts, profiles: 0, cells: 0, records, seals, absorbed, snapshot: undefined };
    }
    profiles += first.profiles;
    cells += first.cells;
    if (part === 0) {
      records = first.records;
      isWorthIt = isWorthTaking(snapshot, first.records);
    }
    for (const [loser, message] of first.seals) seals.set(loser, message);
    for (const loser of first.absorbed.keys()) absorbed.add(loser);
    const { people, wrongCells, messages } = first;
    // Where history is at fault and nobody differs, what was found equal is the better beginning.
    const isEqual = people.length + wrongCells.length + messages.length === 0;
    if (isWorthIt) await taking?.add(isEqual ? first.compared : undefined);
    if (isClean(first)) continue;
    drifts.push(...(await differences(options, { shard, part, parts, snapshot, closely: namesIn(first) }, first)));
  }
  return { drifts, profiles, cells, records, seals, absorbed, snapshot: taking?.head() };
}

async function countPeople(state: Sources["store"]["state"], shard: ShardId): Promise<number> {
  let people = 0;
  for await (const page of scanPeople(state, shard)) people += page.length;
  return people;
}

/** What history has by now is stored, as far as the owner gets to it: what is not is not compared. */
async function checkpoint({ history, repair, store, pause }: NightLaneOptions, shard: ShardId): Promise<void> {
  const upTo = (await history.watermarks()).get(shard)?.position ?? 0;
  if (!(await repair(shard, { of: "checkpoint" }))) return;
  for (let waitedMs = 0; waitedMs < checkpointWaitMsMax; waitedMs += historyReachLookMs) {
    if (((await store.state.loadMeta(shard))?.watermark ?? 0) >= upTo) return;
    await pause(historyReachLookMs);
  }
}

async function differences(options: NightLaneOptions, look: Look, first: PartFindings): Promise<readonly Drift[]> {
  const { shard } = look;
  const second = await comparePart(options, look);
  if (second === "behind") return [behindDrift(shard)];
  const known = namesIn(first);
  const found = fixablesOf(shard, second).filter(({ name }) => known.has(name));
  const flaws = second.flaws.map((flaw) => flawDrift(shard, flaw, options.dryRun ? "found" : "kept"));
  const settled = await settle(options, found, async () => {
    const again = await comparePart(options, look);
    return again === "behind" ? known : namesIn(again);
  });
  return [...flaws, ...settled];
}

function isClean({ people, wrongCells, messages, flaws }: PartFindings): boolean {
  return people.length + wrongCells.length + messages.length + flaws.length === 0;
}

function namesIn({ people, wrongCells, messages }: PartFindings): ReadonlySet<string> {
  const names: readonly string[] = [
    ...people.map(({ id }) => id),
    ...wrongCells.map(({ cell }) => cell),
    ...messages.map(({ to, n }) => `${to} ${n}`),
  ];
  return new Set(names.slice(0, driftsAShardMax));
}

function fixablesOf(shard: ShardId, { people, wrongCells, messages, upTo }: PartFindings): readonly Fixable[] {
  return [
    ...people.map((person) => personDrift(shard, person, upTo)),
    ...wrongCells.map((cell) => cellDrift(shard, cell)),
    ...messages.map((message) => messageDrift(shard, message)),
  ];
}
