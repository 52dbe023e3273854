/**
 * The rows of a shard for those who go through it part by part. History is read once: what is of one person only is put
 * away with the part that folds it, and what may be of anybody goes to all parts. So a part may be small, whatever the shard
 * has, and costs no second reading. What comes to history meanwhile follows from there.
 *
 * Where no file can be written, as on a full disk, each part reads all of history, which takes longer and gives the same.
 */
import type { History } from "../history/port.ts";
import type { Position, ShardId, Slot } from "../model/ids.ts";
import { readRecordSlot } from "../model/record-codec.ts";
import { bandOf } from "./bands.ts";
import { type FoundRow, readRows } from "./history-records.ts";
import { isOfFiles, SpillFile } from "./spill-file.ts";

export interface ShardRows {
  /** With position <= upTo, from where the rows begin. Rejects with HistoryUnavailable. */
  read(part: number, upTo: Position): AsyncGenerator<readonly FoundRow[]>;
  close(): void;
}

export interface ShardRowsOptions {
  readonly history: Pick<History, "records" | "seals">;
  readonly shard: ShardId;
  readonly after: Position;
  /** Into so many they go, a power of two. */
  readonly parts: number;
  /** Whose rows any part wants. */
  readonly isOurs: (slot: Slot) => boolean;
  /** As far as history has come. */
  readonly upTo: Position;
  /** For the file; undefined: each part reads all of history. */
  readonly scratch: string | undefined;
}

/** Rejects with HistoryUnavailable. */
export async function openShardRows(options: ShardRowsOptions): Promise<ShardRows> {
  const { history, shard, after, parts, upTo, scratch } = options;
  const read = (from: Position, end: Position) => readRows(history, shard, { after: from, upTo: end });
  if (parts > 1 && scratch !== undefined && upTo > after) {
    const spilled = await spill(options, scratch);
    if (spilled !== undefined)
      return {
        async *read(part, end) {
          yield* spilled.read(part, end);
          if (end > upTo) yield* read(upTo, end);
        },
        close: () => spilled.close(),
      };
  }
  return { read: (_part, end) => read(after, end), close: () => undefined };
}

/** undefined: there is no room for it, or no file can be written there. */
async function spill(options: ShardRowsOptions, scratch: string): Promise<SpillFile | undefined> {
  const { history, shard, after, parts, upTo } = options;
  let file: SpillFile | undefined;
  try {
    file = new SpillFile(scratch, parts);
    for await (const page of readRows(history, shard, { after, upTo }))
      for (const row of page) file.add(row, partOf(row, options));
    file.end();
    return file;
  } catch (error) {
    file?.close();
    if (isOfFiles(error)) return undefined;
    throw error;
  }
}

function partOf(row: FoundRow, { parts, isOurs }: ShardRowsOptions): number | "all" | "none" {
  if ("flaw" in row || row.record === undefined) return "all";
  try {
    const slot = readRecordSlot(row.record);
    if (slot === undefined) return "all";
    return isOurs(slot) ? bandOf(slot) % parts : "none";
  } catch {
    // Whoever opens it finds that it is no record.
    return "all";
  }
}
