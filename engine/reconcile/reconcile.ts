/**
 * A night's comparison: shard by shard, each in one or more parts; a first look by digests, a second in full at those who
 * differed, and only who differs in both is a drift. Then, unless it is a dry run, the owners of the shards are told how it
 * is right, and it is looked at once more. Each shard begins with its snapshot, and leaves a new one where nothing differed. Killed at any point it is simply run again: what was put right is recorded.
 */
import type { ProfileId, ShardId } from "../model/ids.ts";
import {
  checkpointWaitMsMax,
  historyReachLookMs,
  foldedPeopleMax,
  repairSettleMsMax,
  repairTriesMax,
  driftsAShardMax,
} from "../limits-of-reconcile.ts";
import type { ShardFix } from "../shard/port.ts";
import { comparePart, type Look, type PartFindings, type Sources } from "./compare-part.ts";
import { behindDrift, cellDrift, flawDrift, halfMergedDrift, messageDrift, personDrift } from "./drifts.ts";
import type { Fixable } from "./drifts.ts";
import { partsFor } from "./bands.ts";
import { readRecords } from "./history-records.ts";
import { scanPeople } from "./live-part.ts";
import type { OpenMessage } from "./shard-messages.ts";
import { BrokenSnapshotError, readBase, readSnapshot, type Snapshot, type SnapshotHistory } from "./snapshots.ts";
import { isWorthTaking, TakenSnapshots } from "./take-snapshots.ts";
import type { Drift, ReconcileProgress, ReconcileReport } from "./port.ts";
import { reportOf } from "./report-of-night.ts";

export interface ReconcileOptions extends Omit<Sources, "onRecords" | "history"> {
  readonly history: Sources["history"] & SnapshotHistory;
  readonly node: string;
  readonly dryRun: boolean;
  /** Reads all records that are kept, whatever was found equal before. */
  readonly whole: boolean;
  /** Resolves when the shard's owner has recorded it, or has found that it has gone on since; false: it could not be told. */
  readonly repair: (shard: ShardId, fix: ShardFix) => Promise<boolean>;
  readonly onProgress: (progress: ReconcileProgress) => void;
}

/** Rejects with HistoryUnavailable or StoreUnavailable. */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { store, now } = options;
  const startedAt = now();
  const night = new Night(options, `${startedAt} ${options.node}`);
  await night.begin();
  for (let shard = 0; shard < store.shards; shard++) await night.shard(shard as ShardId);
  await night.merges();
  await night.end();
  const { node, dryRun, whole } = options;
  return reportOf(night.drifts, {
    startedAt,
    endedAt: now(),
    node,
    dryRun,
    whole,
    snapshots: night.snapshots,
    shards: store.shards,
    profiles: night.profiles,
    cells: night.cells,
    records: night.records,
  });
}

class Night {
  readonly drifts: Drift[] = [];
  profiles = 0;
  cells = 0;
  records = 0;
  snapshots = { read: 0, taken: 0, broken: 0 };
  readonly #options: ReconcileOptions;
  readonly #sources: Sources;
  readonly #taken: TakenSnapshots;
  readonly #begun = new Map<ShardId, Snapshot>();
  /** What stands for removed rows. */
  readonly #bases = new Map<ShardId, Snapshot>();
  #recordsAll = 0;
  #shard = 0;
  #read = 0;
  readonly #seals = new Map<ProfileId, OpenMessage & { readonly from: ShardId }>();
  readonly #absorbed = new Set<ProfileId>();

  constructor(options: ReconcileOptions, take: string) {
    this.#options = options;
    this.#taken = new TakenSnapshots(options.history, take);
    this.#sources = {
      ...options,
      onRecords: (records) => {
        this.#read += records;
        this.#tell();
      },
    };
  }

  /** Where each shard begins, and how much there is to be read. */
  async begin(): Promise<void> {
    const { history, whole, planOf } = this.#options;
    for (const [shard, { position }] of await history.watermarks()) {
      const base = await readBase(history, shard, planOf);
      if (base === "broken") this.snapshots.broken += 1;
      else if (base !== undefined) this.#bases.set(shard, base);
      const snapshot = whole ? undefined : await readSnapshot(history, shard, planOf);
      if (snapshot === "broken") this.snapshots.broken += 1;
      const begins = snapshot === undefined || snapshot === "broken" ? this.#bases.get(shard) : snapshot;
      if (begins !== undefined) this.#begun.set(shard, begins);
      this.#recordsAll += position - (this.#begun.get(shard)?.position ?? 0);
    }
  }

  async shard(shard: ShardId): Promise<void> {
    this.#shard = shard;
    this.#tell();
    await this.#store(shard);
    const drifts = this.drifts.length;
    // Of a base that is broken too, what is left of the rows is folded: then history is found to be at fault.
    for (const snapshot of new Set([this.#begun.get(shard), this.#bases.get(shard), undefined])) {
      try {
        await this.#compare(shard, snapshot);
        if (snapshot !== undefined) this.snapshots.read += 1;
        return;
      } catch (error) {
        if (!(error instanceof BrokenSnapshotError)) throw error;
        this.snapshots.broken += 1;
        this.drifts.length = drifts;
      }
    }
  }

  async #compare(shard: ShardId, snapshot: Snapshot | undefined): Promise<void> {
    const parts = partsFor(snapshot?.people ?? (await this.#countPeople(shard)), foldedPeopleMax);
    const taking = this.#options.dryRun ? undefined : this.#taken.begin(shard);
    let isWorthIt = true;
    let [profiles, cells] = [0, 0];
    for (let part = 0; part < parts; part++) {
      const first = await comparePart(this.#sources, { shard, part, parts, snapshot, closely: undefined });
      if (first === "behind") {
        this.drifts.push(behindDrift(shard));
        return;
      }
      profiles += first.profiles;
      cells += first.cells;
      if (part === 0) {
        this.records += first.records;
        isWorthIt = isWorthTaking(snapshot, first.records);
      }
      for (const [loser, message] of first.seals) this.#seals.set(loser, { ...message, from: shard });
      for (const loser of first.absorbed.keys()) this.#absorbed.add(loser);
      const { people, wrongCells, messages } = first;
      // Where history is at fault and nobody differs, what was found equal is the better beginning.
      const isEqual = people.length + wrongCells.length + messages.length === 0;
      if (isWorthIt) await taking?.add(isEqual ? first.compared : undefined);
      if (isClean(first)) continue;
      await this.#differs({ shard, part, parts, snapshot, closely: namesIn(first) }, first);
    }
    this.profiles += profiles;
    this.cells += cells;
    if (taking !== undefined) this.#taken.end(taking);
  }

  async #countPeople(shard: ShardId): Promise<number> {
    let people = 0;
    for await (const page of scanPeople(this.#options.store.state, shard)) people += page.length;
    return people;
  }

  async end(): Promise<void> {
    this.snapshots.taken = await this.#taken.finish((shard) =>
      this.drifts.every(({ shard: of, cause }) => cause !== "half_merged" || of !== shard),
    );
  }

  /** What history has by now is stored, as far as the owner gets to it: what is not is not compared. */
  async #store(shard: ShardId): Promise<void> {
    const { history, repair, store, pause } = this.#options;
    const upTo = (await history.watermarks()).get(shard)?.position ?? 0;
    if (!(await repair(shard, { of: "checkpoint" }))) return;
    for (let waitedMs = 0; waitedMs < checkpointWaitMsMax; waitedMs += historyReachLookMs) {
      if (((await store.state.loadMeta(shard))?.watermark ?? 0) >= upTo) return;
      await pause(historyReachLookMs);
    }
  }

  /** Who was given up by one shard, with the other's word that it has them, is with the other. */
  async merges(): Promise<void> {
    for (const [loser, message] of this.#seals) {
      if (this.#absorbed.has(loser) || message.body.ask !== "absorb") continue;
      // The other shard may have been looked at before it came.
      if (await this.#isAbsorbed(loser, message.to)) continue;
      const drift = halfMergedDrift(message.from, loser, message);
      await this.#settle([drift], async () =>
        (await this.#isAbsorbed(loser, message.to)) ? new Set() : new Set([drift.name]),
      );
    }
  }

  async #isAbsorbed(loser: ProfileId, shard: ShardId): Promise<boolean> {
    const upTo = (await this.#options.history.watermarks()).get(shard)?.position ?? 0;
    for await (const read of readRecords(this.#options.history, shard, { after: 0, upTo })) {
      if (!("row" in read) || read.row.record.kind !== "received") continue;
      const { body, result } = read.row.record;
      if (body.ask === "absorb" && body.loser === loser && result.is === "done") return true;
    }
    return false;
  }

  async #differs(look: Look, first: PartFindings): Promise<void> {
    const second = await comparePart(this.#sources, look);
    if (second === "behind") {
      this.drifts.push(behindDrift(look.shard));
      return;
    }
    const known = namesIn(first);
    const found = fixablesOf(look.shard, second).filter(({ name }) => known.has(name));
    const { dryRun } = this.#options;
    for (const flaw of second.flaws) this.drifts.push(flawDrift(look.shard, flaw, dryRun ? "found" : "kept"));
    await this.#settle(found, async () => {
      const again = await comparePart(this.#sources, look);
      return again === "behind" ? known : namesIn(again);
    });
  }

  /** @param look names of all that still differs */
  async #settle(found: readonly Fixable[], look: () => Promise<ReadonlySet<string>>): Promise<void> {
    const { dryRun, repair, pause } = this.#options;
    let left = new Set(dryRun ? [] : found.flatMap(({ name, fix }) => (fix === undefined ? [] : [name])));
    const tried = new Set(left);
    for (let tries = 0; tries < repairTriesMax && left.size > 0; tries++) {
      for (const { name, fix } of found) if (left.has(name) && fix !== undefined) await repair(fix.shard, fix.fix);
      // Seen when its checkpoint is written, and drained.
      for (let waitedMs = 0, delayMs = 1_000; waitedMs < repairSettleMsMax && left.size > 0; delayMs *= 2) {
        await pause(delayMs);
        waitedMs += delayMs;
        const differs = await look();
        left = new Set([...left].filter((name) => differs.has(name)));
      }
    }
    for (const { name, drift, fix } of found) {
      const settled = tried.has(name) && !left.has(name);
      const outcome = dryRun ? "found" : !settled ? "not_repaired" : fix?.keepsLive === true ? "kept" : "repaired";
      this.drifts.push({ ...drift, outcome });
    }
  }

  #tell(): void {
    const { onProgress, store } = this.#options;
    onProgress({
      shard: this.#shard,
      shards: store.shards,
      records: this.#read,
      recordsAll: this.#recordsAll,
      profiles: this.profiles,
    });
  }
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
