/**
 * The hot store in the data folder, needing nothing but Node: the default. Journals are files of their own, written by one
 * thread (`journal/`); state, leases and plans are a tree in LMDB, written by another (`state/`). The main thread makes
 * the store (`createEmbeddedStore`), which takes the folder's lock and starts both; every other thread connects over a
 * port (`connectEmbeddedStore`). Writes are answered when durable; state is read by the asking thread itself.
 * Survives kill -9 at level `process`, power loss at level `disk`.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { Clock } from "../../model/clock.ts";
import { SLOTS } from "../../model/ids.ts";
import type { ShardId } from "../../model/ids.ts";
import { threadEntry } from "../../model/thread-entry.ts";
import type { AppendOutcome, HotStore } from "../port.ts";
import { setupErrorOf } from "./folder-fitness.ts";
import { createFolderLock } from "./folder-lock.ts";
import type { JournalAsks } from "./journal-asks.ts";
import { encodeBatches } from "./journal-entries.ts";
import type { JournalThreadSettings } from "./journal-main.ts";
import { createJournalReads } from "./journal-reads.ts";
import { openReadTree } from "./lmdb-tree.ts";
import type { Flushing } from "./lmdb-tree.ts";
import { encodeCheckpoint, encodeFill } from "./state-asks.ts";
import type { StateAsks } from "./state-asks.ts";
import type { StateThreadReady, StateThreadSettings } from "./state-main.ts";
import { createStateReads } from "./state-reads.ts";
import { startStoreThread } from "./store-thread.ts";
import type { StoreThread } from "./store-thread.ts";
import { createThreadLink } from "./thread-calls.ts";

export interface EmbeddedStoreOptions {
  /** Made when missing; owned by one process at a time. */
  readonly folder: string;
  /** For a new store, a power of two; an existing one keeps its own. */
  readonly shards: number;
  /** `disk`: flushed before it is answered. `process`: a power cut may corrupt the store. */
  readonly durability: "process" | "disk";
  readonly clock: Clock;
  /** Told when a thread of the store has ended by itself; from then on writes are `StoreUnavailable`. */
  readonly onFailure?: (cause: Error) => void;
}

/** What another thread needs to connect: its `workerData` or part of a message, with `port` in the transfer list. */
export interface EmbeddedConnection {
  /** To the journal's thread; the port to the state's thread waits in it as its first message. */
  readonly port: MessagePort;
  readonly folder: string;
  readonly shards: number;
  readonly flushing: Flushing;
}

export interface EmbeddedStore extends HotStore {
  openConnection(): EmbeddedConnection;
}

const OK: AppendOutcome = { is: "ok" };
const journalFolder = (folder: string) => join(folder, "journal");
const stateFolder = (folder: string) => join(folder, "state");

/** Throws `SetupError` when the folder is another process's, unwritable, full, damaged or of another format. */
export async function createEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const folder = resolve(options.folder);
  if (!Number.isInteger(Math.log2(options.shards)) || options.shards > SLOTS) {
    throw new RangeError(`shards must be a power of two up to ${SLOTS}, not ${options.shards}`);
  }
  try {
    await mkdir(stateFolder(folder), { recursive: true });
  } catch (cause) {
    throw setupErrorOf(folder, cause);
  }
  const lock = await createFolderLock(folder);
  try {
    const threads = await startThreads({ ...options, folder });
    const own = connectEmbeddedStore(threads.connect(), options.clock);
    return {
      ...own,
      openConnection: () => threads.connect(),
      async close() {
        await own.close();
        await threads.stop();
        await lock.close();
      },
    };
  } catch (cause) {
    await lock.close();
    throw cause;
  }
}

interface StoreThreads {
  connect(): EmbeddedConnection;
  stop(): Promise<void>;
}

async function startThreads(options: EmbeddedStoreOptions): Promise<StoreThreads> {
  const { folder, durability, onFailure = () => {} } = options;
  const flushing = durability === "disk" ? "flushed" : "unflushed";
  const between = new MessageChannel();
  const state: StoreThread<StateThreadReady> = await startStoreThread({
    entry: threadEntry(import.meta.url, "./state-main"),
    settings: {
      storeFolder: folder,
      folder: stateFolder(folder),
      flushing,
      shards: options.shards,
      journal: between.port1,
    } satisfies StateThreadSettings,
    transfer: [between.port1],
    onFailure,
  });
  const { epochs, watermarks } = state.ready;
  const journal: StoreThread<undefined> = await startStoreThread<undefined>({
    entry: threadEntry(import.meta.url, "./journal-main"),
    settings: {
      storeFolder: folder,
      folder: journalFolder(folder),
      flushing,
      epochs,
      watermarks,
    } satisfies JournalThreadSettings,
    onFailure,
  }).catch(async (cause: unknown) => {
    between.port2.close();
    await state.stop();
    throw cause;
  });
  journal.connect(between.port2);

  return {
    connect() {
      const toJournal = new MessageChannel();
      const toState = new MessageChannel();
      toJournal.port2.postMessage(toState.port1, [toState.port1]);
      journal.connect(toJournal.port2);
      state.connect(toState.port2);
      return { port: toJournal.port1, folder, shards: epochs.length, flushing };
    },
    async stop() {
      await state.stop();
      await journal.stop();
    },
  };
}

/** For a thread of the same process; `connection` is used up. */
export function connectEmbeddedStore(connection: EmbeddedConnection, clock: Clock): HotStore {
  const { port, folder, shards, flushing } = connection;
  const statePort = receiveMessageOnPort(port)?.message as MessagePort | undefined;
  if (statePort === undefined) throw new Error("this connection to the embedded store has been used already");
  const journal = createThreadLink<JournalAsks>(port, folder);
  const state = createThreadLink<StateAsks>(statePort, folder);
  const tree = openReadTree(stateFolder(folder), flushing);
  const journalReads = createJournalReads(journal, journalFolder(folder));
  const stateReads = createStateReads(tree, shards);

  function check(shard: ShardId): void {
    if (!(shard >= 0 && shard < shards)) throw new RangeError(`there is no shard ${shard} among ${shards}`);
  }

  return {
    shards,
    journal: {
      async append(requests) {
        if (requests.length === 0) return [];
        for (const { shard } of requests) check(shard);
        const frame = encodeBatches(requests);
        const outcomes = await journal.send("append", { frame }, [frame]);
        return outcomes ?? requests.map(() => OK);
      },
      async trim(shard, upTo) {
        check(shard);
        await journal.send("trim", { shard, upTo });
      },
      async read(shard, after, bytesMax) {
        check(shard);
        return journalReads.read(shard, after, bytesMax);
      },
      async last(shard) {
        check(shard);
        return journalReads.last(shard);
      },
    },
    state: {
      async checkpoint(write) {
        check(write.shard);
        const frame = encodeCheckpoint(write);
        return state.send("checkpoint", { frame }, [frame]);
      },
      async fill(write) {
        check(write.shard);
        const frame = encodeFill(write);
        return state.send("fill", { frame, begun: write.begun, done: write.done }, [frame]);
      },
      unfilled: stateReads.unfilled,
      loadMeta: stateReads.loadMeta,
      loadProfiles: stateReads.loadProfiles,
      loadCells: stateReads.loadCells,
      due: stateReads.due,
      scan: stateReads.scan,
      scanMarks: stateReads.scanMarks,
    },
    leases: {
      readLeases: stateReads.readLeases,
      async claim(seen, node, epochFloor) {
        check(seen.shard);
        return state.send("claim", { seen, node, epochFloor });
      },
      async renew(node, held) {
        for (const { shard } of held) check(shard);
        return state.send("renew", { node, held });
      },
      async release(node, shard, epoch) {
        check(shard);
        await state.send("release", { node, shard, epoch });
      },
      async announce(node, address) {
        await state.send("announce", { node, address });
      },
      async leave(node) {
        await state.send("leave", { node });
      },
      readNodes: stateReads.readNodes,
      storeTime: () => Promise.resolve(clock.now()),
    },
    plans: {
      async put(digest, source) {
        await state.send("putPlan", { digest, source });
      },
      get: stateReads.readPlan,
      async setCurrent(digest) {
        await state.send("setCurrentPlan", { digest });
      },
      current: stateReads.readCurrentPlan,
      steering: stateReads.readSteering,
      setSteering: (text, from) => state.send("setSteering", { text, from }),
    },
    products: {
      put: (changes) => state.send("putProducts", { changes, line: randomUUID() }),
      since: stateReads.products.since,
      async putModelPiece(version, piece, bytes) {
        await state.send("putModelPiece", { version, piece, bytes });
      },
      modelPiece: stateReads.products.modelPiece,
      async setModel(model) {
        await state.send("setModel", { model });
      },
      model: stateReads.products.model,
    },
    async close() {
      await journal.close();
      await state.close();
      journalReads.close();
      await tree.close();
    },
  };
}
