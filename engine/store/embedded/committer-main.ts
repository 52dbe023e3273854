/**
 * Entry of the committer's thread: opens the tree, gives the store its fixed number of shards the first time, says
 * `ready` or why it cannot, then serves every port it is handed until told to stop. The main thread holds the folder's
 * lock before it starts this one. A failure that leaves LMDB unusable ends the thread; clients see their ports close.
 */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { SetupError } from "../../model/errors.ts";
import type { ShardId } from "../../model/ids.ts";
import type { Call } from "./client-messages.ts";
import { Committer } from "./committer.ts";
import type { CommitterCommand, CommitterSettings, CommitterStart } from "./committer-thread.ts";
import { setupErrorOf } from "./folder-fitness.ts";
import { settingsKey, storeFormat } from "./key-layout.ts";
import { openWriteTree } from "./lmdb-tree.ts";
import type { WriteTree } from "./lmdb-tree.ts";
import { readHead, ShardHeads } from "./shard-heads.ts";
import { decodeSettings, encodeSettings } from "./value-layout.ts";

const main = parentPort;
if (main === null) throw new Error("committer-main is the entry of a worker thread");
const settings = workerData as CommitterSettings;

const opened = openStore(settings);
if ("unfit" in opened) {
  main.postMessage({
    is: "unfit",
    message: opened.unfit.message,
    remedy: opened.unfit.remedy,
  } satisfies CommitterStart);
  main.close();
} else {
  serve(main, opened.tree, opened.shards);
}

function openStore({ folder, flushing, shards: wanted }: CommitterSettings) {
  try {
    const tree = openWriteTree(folder, flushing);
    return { tree, shards: settleShards(tree, folder, wanted) };
  } catch (cause) {
    return { unfit: cause instanceof SetupError ? cause : setupErrorOf(folder, cause) };
  }
}

/** The store keeps the first number of shards it was given. */
function settleShards(tree: WriteTree, folder: string, wanted: number): number {
  const stored = tree.get(settingsKey());
  if (stored === undefined) {
    tree.commit(() => tree.put(settingsKey(), encodeSettings(storeFormat, wanted)));
    flushFolder(folder);
    return wanted;
  }
  const { format, shards } = decodeSettings(stored);
  if (format !== storeFormat) {
    throw new SetupError(
      `The data folder ${folder} holds a hot store of format ${format}; this version reads format ${storeFormat}.`,
      "Start it with the version that wrote it, or with an empty folder (the history is kept elsewhere).",
    );
  }
  return shards;
}

/** A new file is durable only when its folder's entry is. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function serve(port: MessagePort, tree: WriteTree, shards: number): void {
  const heads = Array.from({ length: shards }, (_, shard) => readHead(tree, shard as ShardId));
  const committer = new Committer(tree, new ShardHeads(heads));
  const clients = new Set<MessagePort>();

  function connect(client: MessagePort): void {
    clients.add(client);
    const send = (replies: readonly unknown[]) => client.postMessage(replies);
    client.on("message", ({ call, ask }: Call) => committer.accept(send, call, ask));
    client.on("close", () => clients.delete(client));
  }

  async function stop(): Promise<void> {
    committer.finish();
    for (const client of clients) client.close();
    await tree.close();
    port.close();
  }

  port.on("message", (command: CommitterCommand) => {
    if (command.is === "connect") connect(command.port);
    else void stop();
  });
  port.postMessage({ is: "ready", shards } satisfies CommitterStart);
}
