/** Which of a history's rows in memory are too old to be kept, as the statements of the real adapters find them. Pure. */
import type {
  AgedCount,
  AgedEvents,
  AgedScan,
  HistoryRow,
  LatestRecord,
  RecordPlace,
} from "../../engine/history/port.ts";

/** A row that several are about counts for each. */
export function countAgedIn(rows: readonly HistoryRow[], { events, ...scan }: AgedScan): readonly AgedCount[] {
  return events
    .map((each) => ({
      name: each.name,
      trait: each.trait,
      rows: rows.filter((row) => isInReach(row, scan) && isAged(row, each)).length,
    }))
    .filter((count) => count.rows > 0)
    .sort((a, b) => (`${a.name} ${a.trait ?? ""}` < `${b.name} ${b.trait ?? ""}` ? -1 : 1));
}

/** What is left, where at most so many go. */
export function withoutAged(rows: readonly HistoryRow[], scan: AgedScan, limit: number): HistoryRow[] {
  let gone = 0;
  return rows.filter((row) => {
    const goes = gone < limit && isInReach(row, scan) && scan.events.some((each) => isAged(row, each));
    if (goes) gone += 1;
    return !goes;
  });
}

function isInReach({ position, instant }: HistoryRow, { upTo, acceptedBefore }: Omit<AgedScan, "events">): boolean {
  return position <= upTo && instant < acceptedBefore;
}

function isAged({ kind, event }: HistoryRow, { name, before, trait }: AgedEvents): boolean {
  if (kind !== "event" || event?.name !== name || event.timestamp >= before) return false;
  if (trait === undefined) return true;
  const { fields = {} } = JSON.parse(Buffer.from(event.body).toString()) as {
    readonly fields?: Readonly<Record<string, unknown>>;
  };
  return (fields[trait] ?? null) !== null;
}

export function latestAmong(
  rows: readonly HistoryRow[],
  {
    kinds,
    most,
    behind,
  }: { readonly kinds: readonly string[]; readonly most: number; readonly behind?: RecordPlace | undefined },
): readonly LatestRecord[] {
  return rows
    .filter((row) => kinds.includes(row.kind) && (behind === undefined || newestFirst(row, behind) > 0))
    .toSorted(newestFirst)
    .slice(0, most)
    .map(({ instant, shard, position, record }) => ({ instant, shard, position, record }));
}

function newestFirst(a: RecordPlace, b: RecordPlace): number {
  return b.instant - a.instant || a.shard - b.shard || b.position - a.position;
}
