/**
 * What is kept for so long only goes, once it is older: rows of events in history. Each shard's snapshot stands for them from
 * there on (its **base**), so that a fold gives the same without them; rows that no sound snapshot covers wait for the next
 * night. First the base is put, then rows go, a bounded batch a transaction, then the disk is given back what they took:
 * killed at any point it is simply run again.
 *
 * So it is with all rows of anonymous people who were emptied (idle-people.ts), a week later.
 *
 * What profiles keep of such events (sums, counts, sequences) stays, and so do receipts, points and transitions.
 */
import type { AgedScan, EmptiedPerson, History, RecordPlace, SnapshotHead } from "../history/port.ts";
import { decodeRecord } from "../model/record-codec.ts";
import { agedBatchRowsMax, emptiedAtOnce, keptMsMin } from "../limits-of-reconcile.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
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
  /** How long events are kept after they have happened, in ms, by name; others for ever. */
  readonly kept: Readonly<Record<string, number>>;
  readonly node: string;
  readonly dryRun: boolean;
  readonly now: () => Instant;
  /** Called before each step that changes anything: what it throws ends it there. */
  readonly check: () => void;
}

/** While it is there, rows have gone whose room was not given back yet. */
const UNCOMPACTED = { kind: "retention", key: "uncompacted" } as const;

/** Rejects with HistoryUnavailable. */
export async function retain({ history, kept, node, dryRun, now, check }: RetainOptions): Promise<RetainReport> {
  const startedAt = now();
  const acceptedBefore = startedAt - keptMsMin;
  const events = Object.entries(kept).map(([name, ms]) => ({ name, before: startedAt - ms }));
  const emptied = await emptiedBefore(history, acceptedBefore);
  let [people, rowsOfPeople] = [0, 0];
  const counts = new Map(events.map(({ name }) => [name, { rows: 0, waiting: 0 }]));
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
    for (const { name, rows } of aged) add(counts, name, { waiting: rows });
    for (const { name, rows } of going) add(counts, name, { rows, waiting: -rows });
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
    while ((await history.removeAged(scan, agedBatchRowsMax)) === agedBatchRowsMax) check();
  }
  if (!dryRun) check();
  const compacted = dryRun ? undefined : await compact(history, acceptedBefore);
  return {
    startedAt,
    endedAt: now(),
    node,
    dryRun,
    events: events.map(({ name, before }) => ({ name, before, ...(counts.get(name) ?? { rows: 0, waiting: 0 }) })),
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
  const bytes = await history.compact(acceptedBefore);
  if (bytes === undefined) return "busy";
  await history.putDocument(UNCOMPACTED, undefined);
  return bytes;
}

function add(
  counts: Map<string, { rows: number; waiting: number }>,
  name: string,
  { rows = 0, waiting }: { readonly rows?: number; readonly waiting: number },
): void {
  const standing = counts.get(name) ?? { rows: 0, waiting: 0 };
  counts.set(name, { rows: standing.rows + rows, waiting: standing.waiting + waiting });
}
