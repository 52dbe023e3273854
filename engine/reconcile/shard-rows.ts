/**
 * The rows of a shard for those who go through it part by part. History is read once, and what is read is put away with the
 * parts that fold it, so that a part may be small, whatever the shard has, and costs no second reading. What comes to history
 * meanwhile follows from there.
 *
 * Where there is no room for the file each part reads all of history. Then parts are larger, and fewer.
 */
import type { History } from "../history/port.ts";
import type { Position, ShardId, Slot } from "../model/ids.ts";
import { decodeRecord, readRecordSlot } from "../model/record-codec.ts";
import { bandOf } from "./bands.ts";
import { type FoundRow, readRows } from "./history-records.ts";
import { isWithoutRoom, type Sorted, SpillFile } from "./spill-file.ts";
import { slotsNamed } from "./slots-named.ts";

export interface ShardRows {
  /** Into so many they go, a power of two. */
  readonly parts: number;
  /** Of a part those with position <= upTo, from where the rows begin. Rejects with HistoryUnavailable. */
  read(part: number, upTo: Position): AsyncGenerator<readonly FoundRow[]>;
  close(): void;
}

export interface ShardRowsOptions {
  readonly history: Pick<History, "records" | "seals">;
  readonly shard: ShardId;
  readonly after: Position;
  /** As far as history has come. */
  readonly upTo: Position;
  /** Powers of two: where rows are put away, and where each part reads all of them. */
  readonly parts: { readonly spilled: number; readonly unspilled: number };
  /** Whose rows any part wants. */
  readonly isOurs: (slot: Slot) => boolean;
  /** A folder for the file; undefined: each part reads all of history. */
  readonly scratch: string | undefined;
  /** Told how many more rows of history were gone through. */
  readonly onRecords: (records: number) => void;
}

/** Rejects with HistoryUnavailable. */
export async function openShardRows(options: ShardRowsOptions): Promise<ShardRows> {
  const { history, shard, after, parts, upTo, scratch, onRecords } = options;
  async function* read(from: Position, end: Position): AsyncGenerator<readonly FoundRow[]> {
    for await (const page of readRows(history, shard, { after: from, upTo: end })) {
      onRecords(page.length);
      yield page;
    }
  }
  if (parts.spilled > 1 && scratch !== undefined && upTo > after) {
    const spilled = await spill(read(after, upTo), scratch, options);
    if (spilled !== undefined)
      return {
        parts: parts.spilled,
        async *read(part, end) {
          yield* spilled.read(part, end);
          if (end > upTo) yield* read(upTo, end);
        },
        close: () => spilled.close(),
      };
  }
  return { parts: parts.unspilled, read: (_part, end) => read(after, end), close: () => undefined };
}

/** undefined: there is no room for it, or no file can be written there. */
async function spill(
  rows: AsyncIterable<readonly FoundRow[]>,
  scratch: string,
  options: ShardRowsOptions,
): Promise<SpillFile | undefined> {
  const partsOf = createSorting(options);
  let file: SpillFile | undefined;
  try {
    file = new SpillFile(scratch, options.parts.spilled);
    for await (const page of rows) for (const row of page) file.add(row, partsOf(row));
    file.end();
    return file;
  } catch (error) {
    file?.close();
    if (isWithoutRoom(error)) return undefined;
    throw error;
  }
}

function createSorting({ parts, isOurs }: ShardRowsOptions): (row: FoundRow) => Sorted {
  const numbers = Array.from({ length: parts.spilled }, (_, part) => part);
  const everybodys: Sorted = { parts: numbers, isShards: true };
  const nobodys: Sorted = { parts: [], isShards: false };
  const single = numbers.map((part): Sorted => ({ parts: [part], isShards: false }));
  const ofSlot = (slot: Slot): Sorted => (isOurs(slot) && single[bandOf(slot) % parts.spilled]) || nobodys;

  return (row) => {
    if ("flaw" in row || row.record === undefined) return everybodys;
    try {
      const slot = readRecordSlot(row.record);
      if (slot !== undefined) return ofSlot(slot);
      const named = slotsNamed(decodeRecord(row.record));
      if (named === "all") return everybodys;
      return { parts: [...new Set(named.flatMap((each) => ofSlot(each).parts))], isShards: true };
    } catch {
      // Whoever opens it finds that it is no record.
      return everybodys;
    }
  };
}
