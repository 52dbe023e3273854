/**
 * Reading a journal: the journal's thread says where the batches lie, and the reading thread fetches them from the files
 * itself, so that a long read (a drain, a recovery) delays no append by more than the look-up. Only batches that are
 * durable are located. A file may be emptied and used anew between the two steps when what is read has just been trimmed;
 * the checksum tells, and the read begins again.
 */
import * as fs from "node:fs";
import { StoreUnavailable } from "../../model/errors.ts";
import type { Journal, StoredBatch } from "../port.ts";
import type { JournalAsks, LocatedBatch } from "./journal-asks.ts";
import { bytesOfBatch, isIntact } from "./journal-entries.ts";
import { segmentPath } from "./journal-files.ts";
import { JournalWindows } from "./journal-windows.ts";
import type { ThreadLink } from "./thread-calls.ts";

const attemptsMax = 3;

export interface JournalReads extends Pick<Journal, "read" | "last"> {
  close(): void;
}

export function createJournalReads(link: ThreadLink<JournalAsks>, folder: string): JournalReads {
  /** The file read last stays open; readers go through a journal from front to back. */
  let open: { readonly segment: number; readonly descriptor: number } | undefined;

  function closeFile(): void {
    if (open !== undefined) fs.closeSync(open.descriptor);
    open = undefined;
  }

  function descriptorOf(segment: number): number {
    if (open?.segment === segment) return open.descriptor;
    closeFile();
    open = { segment, descriptor: fs.openSync(segmentPath(folder, segment), "r") };
    return open.descriptor;
  }

  function close(): void {
    windows.clear();
    closeFile();
  }

  const windows = new JournalWindows(({ segment, offset, length }) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    return bytes.subarray(0, fs.readSync(descriptorOf(segment), bytes, 0, length, offset));
  });

  /** @returns undefined when a file no longer holds what was located in it */
  function fetch(located: readonly LocatedBatch[]): readonly StoredBatch[] | undefined {
    windows.note(located);
    const batches: StoredBatch[] = [];
    for (const batch of located) {
      const whole = windows.bytesAt(batch);
      if (whole.length < batch.length || !isIntact(whole)) return undefined;
      const { firstPosition, count, epoch } = batch;
      batches.push({ firstPosition, count, epoch, bytes: bytesOfBatch(whole) });
    }
    return batches;
  }

  return {
    async read(shard, after, bytesMax) {
      let cause: unknown;
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const located = await link.send("locate", { shard, after, bytesMax });
        // Whoever has come to the end may not come again.
        if (located.length === 0) windows.clear();
        try {
          const batches = fetch(located);
          if (batches !== undefined) return batches;
        } catch (failure) {
          cause = failure;
        }
        close();
      }
      throw new StoreUnavailable(`The journal of shard ${shard} in ${folder} could not be read.`, { cause });
    },
    last: (shard) => link.send("last", { shard }),
    close,
  };
}
