/**
 * The hot store on LMDB, in the data folder: the default, needing nothing but Node. The main thread makes it
 * (`createEmbeddedStore`), which takes the folder's lock and starts the committer's thread; every shard worker connects to
 * it over a port of its own (`connectEmbeddedStore`). Writes go to the committer and are answered when durable; reads are
 * made at once by the thread itself. Survives kill -9 at level `process` and power loss at level `disk`.
 */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { MessagePort } from "node:worker_threads";
import type { Clock } from "../../model/clock.ts";
import { SLOTS } from "../../model/ids.ts";
import type { ShardId } from "../../model/ids.ts";
import type { HotStore } from "../port.ts";
import { encodeAppends, encodeCheckpoint } from "./client-messages.ts";
import { createCommitterLink } from "./committer-link.ts";
import { startCommitterThread } from "./committer-thread.ts";
import { createEmbeddedReads } from "./embedded-reads.ts";
import { setupErrorOf } from "./folder-fitness.ts";
import { createFolderLock } from "./folder-lock.ts";
import { openReadTree } from "./lmdb-tree.ts";
import type { Flushing } from "./lmdb-tree.ts";

export interface EmbeddedStoreOptions {
  /** Made when missing; owned by one process at a time. */
  readonly folder: string;
  /** For a new store, a power of two; an existing one keeps its own. */
  readonly shards: number;
  /** `disk`: flushed before it is answered. `process`: a power cut may corrupt the store. */
  readonly durability: "process" | "disk";
  readonly clock: Clock;
  /** Told when the committer has ended by itself; from then on every write is `StoreUnavailable`. */
  readonly onFailure?: (cause: Error) => void;
}

/** What a worker thread needs to connect: pass it as its `workerData` or in a message, with `port` in the transfer list. */
export interface EmbeddedConnection {
  readonly port: MessagePort;
  readonly folder: string;
  readonly shards: number;
  readonly flushing: Flushing;
}

export interface EmbeddedStore extends HotStore {
  openConnection(): EmbeddedConnection;
}

/** Throws `SetupError` when the folder is another process's, unwritable, full or of another format. */
export async function createEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const folder = resolve(options.folder);
  const flushing = options.durability === "disk" ? "flushed" : "unflushed";
  if (!Number.isInteger(Math.log2(options.shards)) || options.shards > SLOTS) {
    throw new RangeError(`shards must be a power of two up to ${SLOTS}, not ${options.shards}`);
  }
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw setupErrorOf(folder, cause);
  }
  const lock = await createFolderLock(folder);
  try {
    const committer = await startCommitterThread(
      { folder, flushing, shards: options.shards },
      options.onFailure ?? (() => {}),
    );
    const openConnection = () => ({ port: committer.connect(), folder, shards: committer.shards, flushing }) as const;
    const own = connectEmbeddedStore(openConnection(), options.clock);
    return {
      ...own,
      openConnection,
      async close() {
        await own.close();
        await committer.stop();
        await lock.close();
      },
    };
  } catch (cause) {
    await lock.close();
    throw cause;
  }
}

export function connectEmbeddedStore(connection: EmbeddedConnection, clock: Clock): HotStore {
  const { folder, shards, flushing } = connection;
  const link = createCommitterLink(connection.port, folder);
  const tree = openReadTree(folder, flushing);
  const reads = createEmbeddedReads(tree, shards);

  function check(shard: ShardId): void {
    if (!(shard >= 0 && shard < shards)) throw new RangeError(`there is no shard ${shard} among ${shards}`);
  }

  return {
    shards,
    journal: {
      async append(requests) {
        for (const { shard } of requests) check(shard);
        if (requests.length === 0) return [];
        const frame = encodeAppends(requests);
        return link.send({ ask: "append", frame }, [frame]);
      },
      async trim(shard, upTo) {
        check(shard);
        await link.send({ ask: "trim", shard, upTo });
      },
      read: reads.read,
      last: reads.last,
    },
    state: {
      async checkpoint(write) {
        check(write.shard);
        const frame = encodeCheckpoint(write);
        return link.send({ ask: "checkpoint", frame }, [frame]);
      },
      loadMeta: reads.loadMeta,
      loadProfiles: reads.loadProfiles,
      loadCells: reads.loadCells,
      due: reads.due,
      scan: reads.scan,
    },
    leases: {
      readLeases: reads.readLeases,
      async claim(seen, node, epochFloor) {
        check(seen.shard);
        return link.send({ ask: "claim", seen, node, epochFloor });
      },
      async renew(node, held) {
        for (const { shard } of held) check(shard);
        return link.send({ ask: "renew", node, held });
      },
      async release(node, shard, epoch) {
        check(shard);
        await link.send({ ask: "release", node, shard, epoch });
      },
      async announce(node, address) {
        await link.send({ ask: "announce", node, address });
      },
      async leave(node) {
        await link.send({ ask: "leave", node });
      },
      readNodes: reads.readNodes,
      storeTime: () => Promise.resolve(clock.now()),
    },
    plans: {
      async put(digest, source) {
        await link.send({ ask: "put plan", digest, source });
      },
      get: reads.readPlan,
      async setCurrent(digest) {
        await link.send({ ask: "set current plan", digest });
      },
      current: reads.readCurrentPlan,
    },
    async close() {
      await link.close();
      await tree.close();
    },
  };
}
