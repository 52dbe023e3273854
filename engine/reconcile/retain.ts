/**
 * What is kept for so long only goes, once it is older: rows of events in history, and those that said a value of a field.
 * Each shard's snapshot stands for them from there on (its **base**), so that a fold gives the same without them; rows that no
 * sound snapshot covers wait for the next night. First the base is put, then rows go, a bounded batch a transaction, then the
 * disk is given back what they took: killed at any point it is simply run again.
 *
 * So it is with all rows of anonymous people who were emptied (idle-people.ts), a week later, and with what decisions of
 * messages hold of such events (shown-properties.ts).
 *
 * What profiles keep of such events (sums, counts, sequences) stays, and so do receipts, points and transitions.
 */
import {
  type AgedCount,
  type AgedEvents,
  type AgedScan,
  type EmptiedPerson,
  type History,
  readLineage,
  type RecordPlace,
} from "../history/port.ts";
import { agedBatchRowsMax, emptiedAtOnce, keptMsMin } from "../limits-of-reconcile.ts";
import type { Instant, ShardId } from "../model/ids.ts";
import { saidIn } from "../profile/port.ts";
import type { LetGo } from "./aged-profiles.ts";
import { recordIn } from "./history-records.ts";
import { type BaseHistory, Bases, UNCOMPACTED } from "./bases.ts";
import type { RetainReport } from "./port.ts";
import { forgetShown, type ForgetOptions } from "./shown-properties.ts";

export interface RetainOptions {
  readonly history: Pick<History, "watermarks" | "countAged" | "removeAged" | "removePeople" | "latestOf" | "compact"> &
    BaseHistory &
    ForgetOptions["history"];
  /** For how long, in ms, by name: events after they have happened, values of fields after they were said; others for ever. */
  readonly kept: {
    readonly events: Readonly<Record<string, number>>;
    readonly fields: Readonly<Record<string, number>>;
  };
  /** What has gone from the live store already. */
  readonly cleared: Pick<LetGo, "fields" | "showing">;
  readonly node: string;
  readonly dryRun: boolean;
  readonly now: () => Instant;
  /** Called before each step that changes anything: what it throws ends it there. */
  readonly check: () => void;
}

/** Rejects with HistoryUnavailable. */
export async function retain({
  history,
  kept,
  cleared,
  node,
  dryRun,
  now,
  check,
}: RetainOptions): Promise<RetainReport> {
  const startedAt = now();
  const acceptedBefore = startedAt - keptMsMin;
  const tallies = talliesOf(kept, startedAt);
  const events = tallies.flatMap(({ aged }) => aged);
  const ends = await history.watermarks();
  const lineage = (await readLineage(history)).of(ends);
  const bases = new Bases(history, lineage);
  const emptied = await emptiedBefore(history, acceptedBefore);
  let [people, rowsOfPeople] = [0, 0];
  for (const shard of [...ends.keys()].toSorted((a, b) => a - b)) {
    check();
    const all: AgedScan = { shard, upTo: Number.MAX_SAFE_INTEGER, acceptedBefore, events };
    const aged = events.length === 0 ? [] : await history.countAged(all);
    const known = emptied.get(shard) ?? [];
    if (aged.length === 0 && known.length === 0) continue;
    const covered = await bases.coverOf(shard);
    const ancestors = lineage.ancestorsOf(shard);
    const isCovered = await bases.cover(ancestors);
    const gone = known.filter(({ upTo }) => isCovered && covered !== undefined && upTo <= covered.upTo);
    people += gone.length;
    const scan = covered && { ...all, upTo: covered.upTo };
    const going = scan === undefined ? [] : await history.countAged(scan);
    for (const tally of tallies) {
      const rows = sumOf(going, tally);
      tally.rows += rows;
      tally.waiting += sumOf(aged, tally) - rows;
    }
    if (dryRun || scan === undefined) continue;
    if (going.length === 0 && gone.length === 0) continue;
    check();
    await bases.putBaseOf(shard);
    for (let from = 0; from < gone.length; from += emptiedAtOnce) {
      const some = gone.slice(from, from + emptiedAtOnce);
      // That they were emptied is told by their own shard alone, and goes last.
      for (const ancestor of ancestors) {
        await bases.putBaseOf(ancestor.shard);
        const rows = some.map(({ profile, upTo }) => ({ profile, upTo: Math.min(upTo, ancestor.upTo) }));
        rowsOfPeople += await history.removePeople(ancestor.shard, rows);
      }
      rowsOfPeople += await history.removePeople(shard, some);
      check();
    }
    if (going.length === 0) continue;
    // One after the other, as several may be about one row.
    for (const each of events)
      while ((await history.removeAged({ ...scan, events: [each] }, agedBatchRowsMax)) === agedBatchRowsMax) check();
  }
  const shown = await forgetShown({
    history,
    events: kept.events,
    bases,
    now: startedAt,
    acceptedBefore,
    dryRun,
    check,
  });
  if (!dryRun) check();
  const compacted = dryRun ? undefined : await compact(history, acceptedBefore);
  return {
    startedAt,
    endedAt: now(),
    node,
    dryRun,
    events: tallies.flatMap(({ of, name, before, rows, waiting }) =>
      of === "event" ? [{ name, before, rows, waiting }] : [],
    ),
    ...(Object.keys(kept.fields).length > 0 && {
      fields: tallies.flatMap(({ of, name, before, rows, waiting }) =>
        of === "field" ? [{ name, before, people: cleared.fields[name] ?? 0, rows, waiting }] : [],
      ),
    }),
    ...(shown.decisions + shown.waiting + shown.unreadable + cleared.showing > 0 && {
      shown: { ...shown, messages: cleared.showing },
    }),
    ...(people > 0 && { emptied: { people, rows: rowsOfPeople } }),
    ...(compacted !== undefined && { compacted }),
  };
}

/** Not those of late: nothing of theirs goes before all of it may, so that what was counted of them stays even. */
async function emptiedBefore(
  history: Pick<History, "latestOf">,
  acceptedBefore: Instant,
): Promise<ReadonlyMap<ShardId, readonly EmptiedPerson[]>> {
  const found = new Map<ShardId, EmptiedPerson[]>();
  let behind: RecordPlace = { instant: acceptedBefore, shard: -1, position: 0 };
  for (;;) {
    const page = await history.latestOf(["repaired"], emptiedAtOnce, behind);
    for (const { shard, position, record: bytes } of page) {
      const record = recordIn(bytes);
      if (record?.kind !== "repaired" || record.repair.of !== "profile" || record.repair.emptied !== true) continue;
      const ofShard = found.get(shard as ShardId);
      const person = { profile: record.repair.profile, upTo: position };
      if (ofShard === undefined) found.set(shard as ShardId, [person]);
      else ofShard.push(person);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < emptiedAtOnce) return found;
    behind = last;
  }
}

async function compact(
  history: Pick<History, "document" | "putDocument" | "compact">,
  acceptedBefore: Instant,
): Promise<RetainReport["compacted"]> {
  if ((await history.document(UNCOMPACTED)) === undefined) return undefined;
  const compacted = await history.compact(acceptedBefore);
  if (typeof compacted === "object") await history.putDocument(UNCOMPACTED, undefined);
  return compacted;
}

interface Tally {
  readonly of: "event" | "field";
  readonly name: string;
  readonly before: Instant;
  /** The rows that it is about. */
  readonly aged: readonly AgedEvents[];
  rows: number;
  waiting: number;
}

function talliesOf({ events, fields }: RetainOptions["kept"], now: Instant): readonly Tally[] {
  const none = { rows: 0, waiting: 0 };
  return [
    ...Object.entries(events).map(([name, ms]) => {
      const before = now - ms;
      return { of: "event" as const, name, before, aged: [{ name, before }], ...none };
    }),
    ...Object.entries(fields).map(([name, ms]) => {
      const before = now - ms;
      return { of: "field" as const, name, before, aged: saidIn(name).map((said) => ({ ...said, before })), ...none };
    }),
  ];
}

function sumOf(counts: readonly AgedCount[], { aged }: Tally): number {
  const isAbout = (count: AgedCount) => aged.some(({ name, trait }) => name === count.name && trait === count.trait);
  return counts.reduce((sum, count) => sum + (isAbout(count) ? count.rows : 0), 0);
}
