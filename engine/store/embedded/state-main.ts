/**
 * Entry of the state's thread: opens the tree, gives the store its fixed number of shards the first time, says `ready` or
 * why it cannot, then serves every port it is handed until told to stop. The first port it is handed leads to the
 * journal's thread; the main thread holds the folder's lock before it starts this one.
 */
import { workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { SetupError } from "../../model/errors.ts";
import type { Epoch, Position, ShardId } from "../../model/ids.ts";
import { checkSpace } from "./folder-fitness.ts";
import type { JournalAsks } from "./journal-asks.ts";
import { flushFolder } from "./journal-files.ts";
import { settingsKey, storeFormat } from "./key-layout.ts";
import { openWriteTree } from "./lmdb-tree.ts";
import type { Flushing, WriteTree } from "./lmdb-tree.ts";
import { readHead, ShardHeads } from "./shard-heads.ts";
import type { StateAsks } from "./state-asks.ts";
import { StateCommitter } from "./state-committer.ts";
import { serveThread } from "./store-thread.ts";
import { createThreadLink, serveCalls } from "./thread-calls.ts";
import { decodeSettings, encodeSettings } from "./value-layout.ts";

export interface StateThreadSettings {
  readonly storeFolder: string;
  readonly folder: string;
  readonly flushing: Flushing;
  /** For a new store; an existing one keeps its own number. */
  readonly shards: number;
  /** Leads to the journal's thread. */
  readonly journal: MessagePort;
}

export interface StateThreadReady {
  /** By shard: as many as the store has. */
  readonly epochs: readonly Epoch[];
  readonly watermarks: readonly Position[];
}

const settings = workerData as StateThreadSettings;

serveThread<StateThreadReady>(settings.storeFolder, () => {
  checkSpace(settings.folder);
  const tree = openWriteTree(settings.folder, settings.flushing);
  const shards = settleShards(tree, settings);
  const heads = Array.from({ length: shards }, (_, shard) => readHead(tree, shard as ShardId));
  const journal = createThreadLink<JournalAsks>(settings.journal, settings.storeFolder);
  const committer = new StateCommitter({
    folder: settings.storeFolder,
    tree,
    heads: new ShardHeads(heads),
    journal,
  });
  return {
    ready: { epochs: heads.map(({ epoch }) => epoch), watermarks: heads.map(({ watermark }) => watermark) },
    serve: (port) => serveCalls<StateAsks>(port, (asked) => committer.accept(asked)),
    async close() {
      await committer.finish();
      await journal.close();
      await tree.close();
    },
  };
});

/** The store keeps the first number of shards it was given. */
function settleShards(tree: WriteTree, { folder, storeFolder, shards: wanted }: StateThreadSettings): number {
  const stored = tree.get(settingsKey());
  if (stored === undefined) {
    tree.commit(() => tree.put(settingsKey(), encodeSettings(storeFormat, wanted)));
    flushFolder(folder);
    return wanted;
  }
  const { format, shards } = decodeSettings(stored);
  if (format !== storeFormat) {
    throw new SetupError(
      `The data folder ${storeFolder} holds a hot store of format ${format}; this version reads format ${storeFormat}.`,
      "Start it with the version that wrote it, or with an empty folder (the history is kept elsewhere).",
    );
  }
  return shards;
}
