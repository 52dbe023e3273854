/**
 * A night's shards, one after the other: each is compared in one or more parts; a first look at all, a second in full at
 * those who differed, and only who differs in both is a drift, which is settled. A shard begins with its snapshot, and leaves
 * the pages of a new one where nothing differed. What it gives can go to another thread.
 */
import type { History, SnapshotHead, WithLineage } from "../history/port.ts";
import { checkpointWaitMsMax, closelyAtOnce, foldedPeopleMax, unspilledPeopleMax } from "../limits-of-reconcile.ts";
import { type Position, type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import { placeOf } from "../model/peer-places.ts";
import { partsFor } from "./bands.ts";
import { comparePart, type Look, type PartFindings, type Sources } from "./compare-part.ts";
import { behindDrift, cellDrift, type Fixable, flawDrift, messageDrift, personDrift } from "./drifts.ts";
import { checkFilled } from "./filled.ts";
import { type HistoryFlaw, sealedBefore } from "./history-records.ts";
import { scanPeople } from "./live-part.ts";
import { lookUntil } from "./looking.ts";
import type { Lane } from "./over-shards.ts";
import type { Drift } from "./port.ts";
import { settle, type Settling } from "./settle.ts";
import type { OpenMessage } from "./shard-messages.ts";
import { openShardRows, type ShardRows } from "./shard-rows.ts";
import {
  BrokenSnapshotError,
  forgetUnfinished,
  isBase,
  readBase,
  readSnapshot,
  type Snapshot,
  type SnapshotHistory,
} from "./snapshots.ts";
import { isWorthTaking, ShardTaking } from "./take-snapshots.ts";

export interface NightLaneOptions extends Omit<Sources, "history">, Settling {
  readonly history: WithLineage<
    Sources["history"] & SnapshotHistory & Pick<History, "records" | "seals" | "removeRepeated">
  >;
  /** A folder for rows of a shard that is gone through in parts; undefined: each part reads all of history. */
  readonly scratch?: string | undefined;
  readonly onRecords: (records: number) => void;
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
  const snapshot = whole ? undefined : await readSnapshot(history, shard, planOf);
  // The snapshot may still be the one that stands for removed rows.
  const isOne = snapshot !== undefined && (await isBase(history, shard));
  const found = isOne ? [snapshot] : [snapshot, await readBase(history, shard, planOf)];
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
  const people = snapshot?.people ?? (await countPeople(options.store.state, shard));
  const rows = await openRows(options, shard, { people, from: snapshot?.position ?? 0 });
  try {
    return await compareParts(options, { shard, parts: rows.parts, snapshot, rows, closely: undefined });
  } finally {
    rows.close();
  }
}

/** As far as history has come. */
async function openRows(
  { history, store, scratch, onRecords }: NightLaneOptions,
  shard: ShardId,
  { people, from }: { readonly people: number; readonly from: Position },
): Promise<ShardRows> {
  return openShardRows({
    history,
    shard,
    after: await sealedBefore(history, shard, from),
    upTo: (await history.watermarks()).get(shard)?.position ?? 0,
    parts: { spilled: partsFor(people, foldedPeopleMax), unspilled: partsFor(people, unspilledPeopleMax) },
    isOurs: (slot) => shardOfSlot(slot, store.shards) === shard,
    scratch,
    onRecords,
  });
}

async function compareParts(options: NightLaneOptions, all: Omit<Look, "part">): Promise<Compared> {
  const { shard, parts, snapshot } = all;
  const { history, dryRun, take } = options;
  const { shards } = options.store;
  if (!dryRun) await forgetUnfinished(history, shard);
  const taking = dryRun ? undefined : new ShardTaking(history, { shard, take });
  const drifts: Drift[] = [];
  const seals = new Map<ProfileId, OpenMessage>();
  const absorbed = new Set<ProfileId>();
  const flaws = new KnownFlaws();
  let isWorthIt = true;
  let [profiles, cells, records] = [0, 0, 0];
  for (let part = 0; part < parts; part++) {
    const first = await comparePart(options, { ...all, part });
    if (first === "behind") {
      drifts.push(behindDrift(shard));
      return { drifts, profiles: 0, cells: 0, records, seals, absorbed, snapshot: undefined };
    }
    profiles += first.profiles;
    cells += first.cells;
    if (part === 0) {
      records = first.records;
      isWorthIt = snapshot?.head.shard !== shard || isWorthTaking(snapshot, first.records);
    }
    // Where there are more shards since, it goes to the one that has the other now.
    for (const [loser, message] of first.seals)
      if (shardOfProfile(loser, shards) === shard) seals.set(loser, { ...message, to: placeOf(message.body, shards) });
    for (const loser of first.absorbed.keys()) absorbed.add(loser);
    const { people, wrongCells, messages } = first;
    // Where history is at fault and nobody differs, what was found equal is the better beginning.
    const isEqual = people.length + wrongCells.length + messages.length === 0;
    if (isWorthIt) await taking?.add(isEqual ? first.compared : undefined);
    if (isEqual && flaws.knowsAll(first)) continue;
    const names = namesIn(first);
    for (let from = 0; from === 0 || from < names.length; from += closelyAtOnce) {
      const closely = new Set(names.slice(from, from + closelyAtOnce));
      const found = await differences(options, { ...all, part, closely }, flaws);
      // Of very many it is enough to know that they were.
      drifts.push(...(drifts.length < closelyAtOnce ? found : found.map(inShort)));
    }
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
  const isStored = async (): Promise<boolean> => ((await store.state.loadMeta(shard))?.watermark ?? 0) >= upTo;
  await lookUntil(isStored, { pause, msMax: checkpointWaitMsMax });
}

/** Each part goes through the rows of the whole shard, and sees what is wrong with them: it is told once. */
class KnownFlaws {
  readonly #told = new Set<string>();

  knowsAll({ flaws }: PartFindings): boolean {
    return flaws.every((flaw) => this.#told.has(nameOfFlaw(flaw)));
  }

  /** Those that are told for the first time. */
  news({ flaws }: PartFindings): readonly HistoryFlaw[] {
    const news = flaws.filter((flaw) => !this.#told.has(nameOfFlaw(flaw)));
    for (const flaw of news) this.#told.add(nameOfFlaw(flaw));
    return news;
  }
}

function nameOfFlaw({ cause, from, to }: HistoryFlaw): string {
  return `${cause} ${from} ${to}`;
}

async function differences(
  options: NightLaneOptions,
  look: Look & { readonly closely: ReadonlySet<string> },
  known: KnownFlaws,
): Promise<readonly Drift[]> {
  const { shard, closely: names } = look;
  // Of a store that was lost meanwhile it would all be missing, and is put back by who owns it.
  await checkFilled(options.store);
  const second = await comparePart(options, look);
  if (second === "behind") return [behindDrift(shard)];
  const found = fixablesOf(shard, second).filter(({ name }) => names.has(name));
  const flaws: Drift[] = [];
  for (const flaw of known.news(second)) flaws.push(await settleFlaw(options, shard, flaw));
  const settled = await settle(options, found, async () => {
    const again = await comparePart(options, look);
    return again === "behind" ? names : new Set(namesIn(again));
  });
  return [...flaws, ...settled];
}

/** A row that stands twice goes once: whoever counts rows would count it twice. What else is wrong stays, and live with it. */
async function settleFlaw({ history, dryRun }: NightLaneOptions, shard: ShardId, flaw: HistoryFlaw): Promise<Drift> {
  const holder = history.lineage.holderOf(shard, flaw.to);
  if (dryRun) return flawDrift(holder, flaw, "found");
  const isMended = flaw.cause === "repeated_rows" && (await history.removeRepeated(holder, flaw.from)) > 0;
  return flawDrift(holder, flaw, isMended ? "repaired" : "kept");
}

function inShort(drift: Drift): Drift {
  return { ...drift, sections: [], records: [] };
}

function namesIn({ people, wrongCells, messages }: PartFindings): readonly string[] {
  return [
    ...people.map(({ id }) => id),
    ...wrongCells.map(({ cell }) => cell),
    ...messages.map(({ to, n }) => `${to} ${n}`),
  ];
}

function fixablesOf(shard: ShardId, { people, wrongCells, messages, upTo }: PartFindings): readonly Fixable[] {
  return [
    ...people.map((person) => personDrift(shard, person, upTo)),
    ...wrongCells.map((cell) => cellDrift(shard, cell)),
    ...messages.map((message) => messageDrift(shard, message)),
  ];
}
