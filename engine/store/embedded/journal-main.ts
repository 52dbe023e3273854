/**
 * Entry of the journal's thread: reads what the segments hold, says `ready` or why it cannot, then serves every port it
 * is handed until told to stop.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { journalSegmentBytes } from "../../limits.ts";
import type { Epoch } from "../../model/ids.ts";
import type { JournalAsks } from "./journal-asks.ts";
import { JournalCommitter } from "./journal-committer.ts";
import { encodeNotes } from "./journal-entries.ts";
import { JournalFiles } from "./journal-files.ts";
import { recoverJournal } from "./journal-recovery.ts";
import type { Flushing } from "./lmdb-tree.ts";
import { serveThread } from "./store-thread.ts";
import { serveCalls } from "./thread-calls.ts";

export interface JournalThreadSettings {
  /** The store's folder, for messages. */
  readonly storeFolder: string;
  readonly folder: string;
  readonly flushing: Flushing;
  /** By shard, as the leases stand; one for each shard of the store. */
  readonly epochs: readonly Epoch[];
}

const settings = workerData as JournalThreadSettings;

serveThread(settings.storeFolder, () => {
  const { folder, flushing, epochs } = settings;
  mkdirSync(folder, { recursive: true });
  const { indexes, end, older } = recoverJournal(folder, epochs.length);
  const createSalt = () => randomBytes(4).readUInt32BE(0);
  const noNotes = () => encodeNotes([]);
  const files = new JournalFiles({ folder, flushing, createSalt, segmentBytes: journalSegmentBytes }, end, noNotes);
  for (const segment of older) if (segment.live === 0) files.retire(segment);
  const committer = new JournalCommitter({ folder: settings.storeFolder, indexes, epochs, files });
  return {
    ready: undefined,
    serve: (port) => serveCalls<JournalAsks>(port, (asked) => committer.accept(asked)),
    async close() {
      committer.finish();
      await files.close();
    },
  };
});
