/**
 * Taking a shard over: what the store lost while it went back in time is appended again, from what we acknowledged
 * ourselves or from history, and where it lost all, the shard is begun from history anew. Then the checkpoint is loaded and
 * the journal folded from its watermark. Nothing is decided again: what was decided is in the journal, what is not was never
 * answered.
 */
import { recoveryReadBytesMax } from "../limits.ts";
import type { Timers } from "../model/clock.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Epoch, Instant, PlanDigest, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord } from "../model/record.ts";
import { BatchWriter, decodeBatch, decodeRecord } from "../model/record-codec.ts";
import type { History } from "../history/port.ts";
import { rebase } from "../profile/port.ts";
import type { HotStore } from "../store/port.ts";
import { type Retained, persistently, underEpoch } from "./appender.ts";
import { CorruptShardError, fold, profilesOf } from "./fold.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { Residents } from "./residents.ts";
import type { Restoring } from "./restoring-port.ts";
import { Shard } from "./shard.ts";
import { parseMeta } from "./stored-meta.ts";

export interface RecoveryOptions {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly store: HotStore;
  readonly history: Pick<History, "records" | "watermarks"> | undefined;
  readonly residents: Residents;
  readonly restoring?: Restoring;
  readonly retained: Retained | undefined;
  /** Nobody else has owned the shard since what is retained was acknowledged. */
  readonly unbroken: boolean;
  /** History knows a later epoch, of a claim that the store has lost: ours is no use, and the next must be above it. */
  readonly onOutdone: (by: Epoch) => void;
  /** The plan to fold with where the journal names none. */
  readonly plan: Plan;
  readonly planOf: (digest: PlanDigest) => Promise<Plan>;
  readonly timers: Timers;
  readonly wanted: () => boolean;
  readonly planted: PlantedBugs;
}

/** Whom a recovery has opened rests again, so many at a time. */
const RESTS_EVERY = 256;
/** Of a planted bug: how far back it looks again. */
const PLANTED_AGAIN_MS = 60_000;

/** undefined when the shard was lost again or is not wanted any more. */
export async function recover(options: RecoveryOptions): Promise<Shard | undefined> {
  const { store, residents } = options;
  const persist = <T>(call: () => Promise<T>): Promise<T | undefined> => persistently(call, options);
  residents.forget(options.shard);
  if (!(await restore(options)) || !(await appendLost(options))) return undefined;

  const stored = await persist(() => store.state.loadMeta(options.shard));
  if (!options.wanted()) return undefined;
  const shard = new Shard(options.shard, options.epoch, options.plan);
  let position: Position = 0;
  if (stored !== undefined) {
    position = stored.watermark;
    shard.takeMeta(parseMeta(stored.meta));
  }
  shard.stored = position;
  const begun = planAt(shard.plans, position);
  if (begun !== undefined) shard.plan = await options.planOf(begun);
  // A row may be ahead of the records that are folded, and have what a later plan reads: of that one nothing is left out.
  const latest = shard.plans.at(-1)?.[1];
  const rowPlan = latest === undefined ? shard.plan : await options.planOf(latest);

  const touched = new Map<ProfileId, Instant>();
  for (;;) {
    const batches = await persist(() => store.journal.read(options.shard, position, recoveryReadBytesMax));
    if (batches === undefined) return undefined;
    if (batches.length === 0) break;
    for (const { bytes } of batches) {
      const batch = decodeBatch(bytes);
      if (batch.firstPosition > position + 1)
        throw new CorruptShardError(shard.id, position, `the journal goes on at ${batch.firstPosition}`);
      const records = batch.records.slice(position + 1 - batch.firstPosition);
      const plans = new Map<PlanDigest, Plan>();
      for (const record of records)
        if (record.kind === "plan") plans.set(record.digest, await options.planOf(record.digest));
      const ids = new Set(records.flatMap((record) => profilesOf(record)));
      // Anew until all are here: while some came, turns of other shards may have dropped others. From then on nothing waits.
      for (;;) {
        const missing = [...ids].filter((id) => residents.profile(id) === undefined);
        if (missing.length === 0) break;
        await persist(() => residents.fetchProfiles(shard, missing, { plan: rowPlan }));
        if (!options.wanted()) return undefined;
      }
      for (const record of records) {
        position += 1;
        if (record.kind === "plan") {
          shard.plan = plans.get(record.digest) ?? shard.plan;
          // Whether all profiles were looked at with it is not in the journal: they are, once more.
          shard.beginSweep();
        }
        fold({ shard, residents, instant: batch.instant }, record, position);
        shard.metaPosition = Math.max(shard.metaPosition, position);
        // What became of a message is recorded without a look at what else is due.
        if (!OF_MESSAGES.has(record.kind)) for (const id of profilesOf(record)) touched.set(id, batch.instant);
      }
      shard.instant = Math.max(shard.instant, batch.instant);
      residents.trim(records.length);
    }
  }
  shard.position = position;
  shard.durable = position;
  let looked = 0;
  for (const [id, instant] of touched) {
    if (++looked % RESTS_EVERY === 0) residents.trim(RESTS_EVERY);
    const profile = residents.profile(id);
    if (profile == null || profile.sealedInto !== undefined) continue;
    if (profile.plan !== shard.plan) rebase(profile, shard.plan);
    // As of the last batch in which it was looked at, so that what fell due while nobody owned the shard is due at once.
    profile.wakeUp = shard.plan.nextFlip(profile, { kind: "everything" }, instant);
    if (options.planted.firesAgain === true) profile.wakeUp = Math.min(profile.wakeUp, instant - PLANTED_AGAIN_MS);
    if (options.planted.losesWakeUps === true) profile.wakeUp = Number.POSITIVE_INFINITY;
  }
  if (options.planted.losesUnansweredSent === true) shard.peers.loseUnanswered();
  return shard;
}

/** False when the shard was lost again. */
async function restore(options: RecoveryOptions): Promise<boolean> {
  const { restoring, retained, unbroken, shard, epoch, plan, onOutdone, wanted } = options;
  const keepsAll = unbroken && (retained?.after(0)?.length ?? 0) > 0;
  return restoring === undefined || restoring.takeOver({ shard, epoch, plan, keepsAll, onOutdone, wanted });
}

const OF_MESSAGES: ReadonlySet<JournalRecord["kind"]> = new Set(["attempt", "outcome", "exposed"]);

function planAt(plans: readonly (readonly [Position, PlanDigest])[], position: Position): PlanDigest | undefined {
  let digest = plans[0]?.[1];
  for (const [from, candidate] of plans) if (from <= position) digest = candidate;
  return digest;
}

/** Appends again what we or history know and the journal has lost. False when the shard was lost meanwhile. */
async function appendLost(options: RecoveryOptions): Promise<boolean> {
  const { store, shard } = options;
  let last = await persistently(() => store.journal.last(shard), options);
  if (last === undefined) return false;
  // History fills up to where what we kept begins, if that does not reach back far enough; then ours follows.
  for (const from of ["ours", "history", "ours"] as const) {
    const reached: Position | undefined =
      from === "ours" ? await appendOurs(options, last) : await appendFromHistory(options, last);
    if (reached === undefined) return false;
    last = reached;
  }
  return true;
}

/** Returns the journal's end; undefined when the shard was lost meanwhile. */
async function appendOurs(options: RecoveryOptions, journalLast: Position): Promise<Position | undefined> {
  const { store, epoch } = options;
  let last = journalLast;
  for (const batch of (await ours(options, last)) ?? []) {
    const outcome = await persistently(() => store.journal.append([underEpoch(batch, epoch)]), options);
    if (outcome?.[0]?.is !== "ok" && outcome?.[0]?.is !== "already") return undefined;
    last = batch.firstPosition + batch.count - 1;
  }
  return last;
}

/**
 * History is asked, but never waited for: with history away the shard goes on, and should its store have gone back in
 * time as well, the drainer finds the two at odds and says so.
 */
async function appendFromHistory(options: RecoveryOptions, journalLast: Position): Promise<Position | undefined> {
  const { history, store, shard, epoch } = options;
  let last = journalLast;
  if (history === undefined) return last;
  try {
    const standing = (await history.watermarks()).get(shard);
    if (standing !== undefined && standing.epoch > epoch) {
      options.onOutdone(standing.epoch);
      return undefined;
    }
    const drained = standing?.position ?? 0;
    while (last < drained) {
      const rows = await history.records(shard, last, 1000);
      const first = rows[0];
      if (first === undefined || first.position !== last + 1) return last;
      const writer = new BatchWriter();
      writer.begin(first.position, first.instant);
      for (const row of rows) {
        if (row.instant !== first.instant || row.position !== last + 1) break;
        writer.add(decodeRecord(row.record));
        last = row.position;
      }
      const { bytes, count, digest } = writer.finish();
      const request = { shard, epoch, firstPosition: first.position, count, digest, bytes };
      const outcome = await persistently(() => store.journal.append([request]), options);
      if (outcome?.[0]?.is !== "ok" && outcome?.[0]?.is !== "already") return undefined;
    }
  } catch (error) {
    if (!(error instanceof HistoryUnavailable)) throw error;
  }
  return last;
}

/** What we acknowledged under an earlier epoch of ours, if the journal is still the one that we wrote. */
async function ours(
  { retained, unbroken, store, shard, timers, wanted }: RecoveryOptions,
  last: Position,
): Promise<ReturnType<Retained["after"]>> {
  if (retained === undefined) return undefined;
  const known = retained.endingAt(last);
  if (known === undefined && !unbroken) return undefined;
  if (known !== undefined) {
    const standing = await persistently(() => store.journal.read(shard, last - 1, 1), { timers, wanted });
    const bytes = standing?.at(-1)?.bytes;
    // Trimmed away already: then it is still ours if nobody has claimed the shard since.
    const same = bytes === undefined ? unbroken : Buffer.compare(bytes, known.bytes) === 0;
    if (!same) return undefined;
  }
  return retained.after(last);
}
