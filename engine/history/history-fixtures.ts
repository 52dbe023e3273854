/** Rows for tests of this room: plausible, distinct by shard and position, with all that a row may hold. */
import type { EventRow, HistoryRow, History, TransitionRow } from "./port.ts";
import type { Instant, ProfileId, ShardId } from "../model/ids.ts";

const START = Date.UTC(2025, 2, 1, 23, 59, 58);

interface RowParts {
  readonly profile?: string;
  readonly instant?: Instant;
  readonly event?: Partial<EventRow>;
  readonly transition?: TransitionRow;
  readonly record?: Uint8Array;
}

export function row(shard: number, position: number, parts: RowParts = {}): HistoryRow {
  const { profile, instant = START + position * 97, event, transition, record } = parts;
  return {
    shard: shard as ShardId,
    position,
    kind: event !== undefined ? "event" : transition !== undefined ? "transition" : "plan",
    instant,
    epoch: 1 + Math.floor(position / 20),
    profile: profile as ProfileId | undefined,
    event:
      event === undefined
        ? undefined
        : {
            name: "page_viewed",
            timestamp: instant - 5,
            messageId: `m-${shard}-${position}`,
            source: "web",
            body: '{"fields":{}}',
            ...event,
          },
    transition,
    record: record ?? Uint8Array.of(shard & 255, position & 255, position >> 8, 0, 255, 10, 92),
  };
}

/** Rows `first` to `first + count - 1` of a shard's journal: mostly events, over three days, of ten people. */
export function journalRows(shard: number, first: number, count: number): readonly HistoryRow[] {
  return Array.from({ length: count }, (_, index) => {
    const position = first + index;
    const profile = `00${position % 10}`.padStart(24, "0");
    const instant = START + position * 3_600_000;
    if (position % 7 === 3)
      return row(shard, position, { profile, instant, transition: { segment: "recent", entered: position % 2 === 0 } });
    if (position % 11 === 5) return row(shard, position, { instant });
    const body = JSON.stringify({ fields: { total: position * 10_000, title: `chose "${position}" \\ \t é🦆` } });
    return row(shard, position, { profile, instant, event: { body } });
  });
}

/** All of a shard's records, asked page by page. */
export async function historyOf(history: History, shard: number) {
  const all: { readonly position: number; readonly instant: Instant; readonly record: string }[] = [];
  for (;;) {
    const page = await history.records(shard as ShardId, all.at(-1)?.position ?? 0, 20);
    if (page.length === 0) return all;
    for (const { position, instant, record } of page)
      all.push({ position, instant, record: Buffer.from(record).toString("hex") });
  }
}
