/**
 * What is kept for so long only goes, once it is older: rows of events in history, and those that said a value of a field.
 * Each shard's snapshot stands for them from there on (its **base**), so that a fold gives the same without them; rows that no
 * sound snapshot covers wait for the next night. First the base is put, then rows go, a bounded batch a transaction, then the
 * disk is given back what they took: killed at any point it is simply run again.
 *
 * So it is with all rows of anonymous people who were emptied (idle-people.ts), a week later.
 *
 * What profiles keep of such events (sums, counts, sequences) stays, and so do receipts, points and transitions.
 */
import type {
  AgedCount,
  AgedEvents,
  AgedScan,
  EmptiedPerson,
  History,
  RecordPlace,
  SnapshotHead,
} from "../history/port.ts";
import { decodeRecord } from "../model/record-codec.ts";
import { agedBatchRowsMax, emptiedAtOnce, keptMsMin } from "../limits-of-reconcile.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
import { saidIn } from "../profile/port.ts";
import type { RetainReport } from "./port.ts";
import { putBase, soundPosition } from "./snapshots.ts";

export interface RetainOptions {
  readonly history: Pick<
    History,
    | "watermarks"
    | "snapshot"
    | "snapshotPage"
    | "seals"
    | "document"
    | "putDocument"
    | "countAged"
    | "removeAged"
    | "removePeople"
    | "latestOf"
    | "forgetSeals"
    | "compact"
  >;
  /** For how long, in ms, by name: events after they have happened, values of fields after they were said; others for ever. */
  readonly kept: {
    readonly events: Readonly<Record<string, number>>;
    readonly fields: Readonly<Record<string, number>>;
  };
  /** Of how many people values were cleared in the live store, by the names of fields. */
  readonly cleared: Readonly<Record<string, number>>;
  readonly node: string;
  readonly dryRun: boolean;
  readonly now: () => Instant;
  /** Called before each step that changes anything: what it throws ends it there. */
  readonly check: () => void;
}

/** While it is there, rows have gone whose room was not given back yet. */
const UNCOMPACTED = { kind: "retention", key: "uncompacted" } as const;

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
  const emptied = await emptiedBefore(history, acceptedBefore);
  let [people, rowsOfPeople] = [0, 0];
  for (const shard of [...(await history.watermarks()).keys()].toSorted((a, b) => a - b)) {
    check();
    const all: AgedScan = { shard, upTo: Number.MAX_SAFE_INTEGER, acceptedBefore, events };
    const aged = events.length === 0 ? [] : await history.countAged(all);
    const known = emptied.get(shard) ?? [];
    if (aged.length === 0 && known.length === 0) continue;
    const covered = await coverOf(history, shard);
    const gone = known.filter(({ upTo }) => covered !== undefined && upTo <= covered.upTo);
    people += gone.length;
    const scan = covered && { ...all, upTo: covered.upTo };
    const going = scan === undefined ? [] : await history.countAged(scan);
    for (const tally of tallies) {
      const rows = sumOf(going, tally);
      tally.rows += rows;
      tally.waiting += sumOf(aged, tally) - rows;
    }
    if (dryRun || scan === undefined || covered === undefined) continue;
    if (going.length === 0 && gone.length === 0) continue;
    check();
    await putBase(history, covered.head);
    // Another night may have ended meanwhile, if this one stood still for so long that it was taken for dead.
    if (covered.head.pages > 0 && (await history.snapshotPage(covered.head, 0)) === undefined)
      throw new HistoryUnavailable("Another night has taken a snapshot meanwhile: begin it anew.");
    await history.putDocument(UNCOMPACTED, new Uint8Array(0));
    await history.forgetSeals(shard, scan.upTo);
    for (let from = 0; from < gone.length; from += emptiedAtOnce) {
      rowsOfPeople += await history.removePeople(shard, gone.slice(from, from + emptiedAtOnce));
      check();
    }
    if (going.length === 0) continue;
    // One after the other, as several may be about one row.
    for (const each of events)
      while ((await history.removeAged({ ...scan, events: [each] }, agedBatchRowsMax)) === agedBatchRowsMax) check();
  }
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
        of === "field" ? [{ name, before, people: cleared[name] ?? 0, rows, waiting }] : [],
      ),
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
      const record = decodeRecord(bytes);
      if (record.kind !== "repaired" || record.repair.of !== "profile" || record.repair.emptied !== true) continue;
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

/**
 * The shard's snapshot, where it is sound, and up to where rows may go because of it: not those that were drained in one with
 * rows that it lacks, whose seal is over all of them.
 */
async function coverOf(
  history: Pick<History, "snapshot" | "snapshotPage" | "seals">,
  shard: ShardId,
): Promise<{ readonly head: SnapshotHead; readonly upTo: Position } | undefined> {
  const head = await history.snapshot(shard);
  const position = head && (await soundPosition(history, head));
  if (head === undefined || position === undefined) return undefined;
  const [across] = await history.seals(shard, position);
  return { head, upTo: Math.min(position, across?.from ?? position) };
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
