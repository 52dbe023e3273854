/**
 * The one file that knows the package `lmdb`: a single ordered tree of raw bytes in a folder. Every thread of the process
 * opens its own handle; they share one memory map. Only the committer's handle writes, one synchronous transaction at a
 * time, which is on disk when `commit` returns (unless flushing is off). Failures leave as they come from LMDB; naming
 * them is the caller's part.
 *
 * Flags, as read in the source of lmdb-js 3.5.6 and seen with strace: `overlappingSync` (its default) makes commits
 * visible before they are flushed and answers from a later flush, so it is off; a synchronous transaction then ends with
 * fdatasync of the pages and an O_DSYNC write of the meta page, in this order, before it is visible to anybody.
 * `noMetaSync` is faster by half, but loses the last transactions with the power. `noSync` does neither.
 */
import { join } from "node:path";
import { open } from "lmdb";
import type { RootDatabase } from "lmdb";
import { hotStoreMapBytes } from "../../limits.ts";
import type { KeyRange } from "./key-layout.ts";
import { checkTreeFile } from "./tree-file.ts";
import { TreeReserve } from "./tree-reserve.ts";

/** `flushed`: on disk when a commit returns. `unflushed`: in the kernel's hands; a power cut may corrupt the tree. */
export type Flushing = "flushed" | "unflushed";

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Reads see the newest commit at every call; inside `commit`, what has been written so far. */
export interface ReadTree {
  /** A copy of one's own. */
  get(key: Buffer): Buffer | undefined;
  /** Entries in order, at most `limit`, as copies, all of one snapshot. */
  entries(range: KeyRange, limit: number): readonly Entry[];
  keys(range: KeyRange, limit: number): readonly Buffer[];
  has(key: Buffer): boolean;
  /** What `take` makes of each value, all of one snapshot. @param take given a view that holds until the next value is read */
  getAll<T>(keys: readonly Buffer[], take: (value: Buffer | undefined) => T): readonly T[];
  close(): Promise<void>;
}

export interface WriteTree extends ReadTree {
  /** All or nothing; runs `work` at once. On failure nothing of it has happened. */
  commit(work: () => void): void;
  /** Inside `commit` only. */
  put(key: Buffer, value: Uint8Array): void;
  remove(key: Buffer): void;
  /** The first 8 bytes of a value as a double, with no copy made; undefined when there is none. Inside `commit` only. */
  leadingDouble(key: Buffer): number | undefined;
}

export function openWriteTree(folder: string, flushing: Flushing): WriteTree {
  checkTreeFile(folder);
  const tree = openTree(folder, flushing, false);
  const reserve = new TreeReserve(join(folder, "data.mdb"));
  const reads = createReads(tree);
  let changes = 0;
  let bytes = 0;
  return {
    ...reads,
    commit(work) {
      changes = 0;
      bytes = 0;
      tree.transactionSync(() => {
        work();
        const { treeDepth: depth, lastPageNumber, pageSize: pageBytes } = tree.getStats() as TreeStats;
        reserve.ensure({ changes, bytes, depth, pages: lastPageNumber + 1, pageBytes });
      });
    },
    put(key, value) {
      changes++;
      bytes += key.length + value.length;
      tree.putSync(key, value as Buffer);
    },
    remove(key) {
      changes++;
      tree.removeSync(key);
    },
    async close() {
      await reads.close();
      reserve.close();
    },
    leadingDouble(key) {
      return tree.getBinaryFast(key)?.readDoubleBE(0);
    },
  };
}

/** The tree must have been opened for writing by another thread of this process. */
export function openReadTree(folder: string, flushing: Flushing): ReadTree {
  return createReads(openTree(folder, flushing, true));
}

type Tree = RootDatabase<Buffer, Buffer>;

/** What is used of lmdb-js's statistics: the depth as the transaction has it, the last page as it was committed. */
interface TreeStats {
  readonly treeDepth: number;
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

function openTree(folder: string, flushing: Flushing, readOnly: boolean): Tree {
  const options = {
    path: folder,
    noSubdir: false,
    encoding: "binary",
    keyEncoding: "binary",
    cache: false,
    overlappingSync: false,
    noSync: flushing === "unflushed",
    mapSize: hotStoreMapBytes,
    readOnly,
  } as const;
  return open<Buffer, Buffer>(options);
}

function createReads(tree: Tree): ReadTree {
  // lmdb-js keeps one snapshot until the next turn of the event loop. Renewing it before every read makes what another
  // thread has committed visible at once; giving it up afterwards keeps it from holding old pages.
  function reading<T>(read: () => T): T {
    tree.resetReadTxn();
    try {
      return read();
    } finally {
      tree.resetReadTxn();
    }
  }

  return {
    get: (key) => reading(() => tree.getBinary(key)),
    has: (key) => reading(() => tree.doesExist(key)),
    getAll: (keys, take) => reading(() => keys.map((key) => take(tree.getBinaryFast(key)))),
    entries: (range, limit) =>
      reading(() =>
        [...tree.getRange({ start: range.start, end: range.end, limit })].map(({ key, value }) => ({ key, value })),
      ),
    keys: (range, limit) => reading(() => [...tree.getKeys({ start: range.start, end: range.end, limit })]),
    close: () => tree.close(),
  };
}
