/**
 * Entry of the journal's thread: reads what the segments hold, says `ready` or why it cannot, then serves every port it
 * is handed until told to stop.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { journalSegmentBytes } from "../../limits.ts";
import { SetupError } from "../../model/errors.ts";
import type { Epoch, Position } from "../../model/ids.ts";
import type { JournalAsks } from "./journal-asks.ts";
import { JournalCommitter } from "./journal-committer.ts";
import { encodeNotes } from "./journal-entries.ts";
import { JournalFiles } from "./journal-files.ts";
import type { JournalIndex } from "./journal-index.ts";
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
  /** By shard, as checkpoints stand. */
  readonly watermarks: readonly Position[];
}

const settings = workerData as JournalThreadSettings;

serveThread(settings.storeFolder, () => {
  const { folder, flushing, epochs } = settings;
  mkdirSync(folder, { recursive: true });
  const { indexes, end, older } = recoverJournal(folder, epochs.length);
  checkAgainstState(indexes, settings);
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

/**
 * A checkpoint is never ahead of the journal, and no batch is newer than its shard's lease. Where they are, one of the two
 * has been lost: by a power cut at level `process`, or by hand.
 */
function checkAgainstState(
  indexes: readonly JournalIndex[],
  { epochs, watermarks, storeFolder }: JournalThreadSettings,
) {
  for (const [shard, { last, epoch }] of indexes.entries()) {
    const watermark = watermarks[shard] ?? 0;
    if (last >= watermark && epoch <= (epochs[shard] ?? 0)) continue;
    throw new SetupError(
      `Journal and state in ${storeFolder} do not belong together: shard ${shard} ends at ${last} in epoch ${epoch}, its ` +
        `checkpoint is at ${watermark} and its lease in epoch ${epochs[shard]}.`,
      "Move the hot store's folder away; it can be rebuilt from the history.",
    );
  }
}
