/**
 * A look at LMDB's file before LMDB opens it: on a file that is none, or that has been cut short, lmdb-js ends the process
 * instead of failing. Reads the two meta pages (mdb.c, `MDB_meta`, 64 bit, data version 2: a page head of 24 bytes, then
 * magic, version, address, map size, two databases of 48 bytes, last page, transaction).
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const OFFSET = { magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152 } as const;
const metaBytes = 160;

/** Throws when the file in `folder` is not whole; does nothing when there is none yet. */
export function checkTreeFile(folder: string): void {
  const path = join(folder, "data.mdb");
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  const first = readMeta(path, 0);
  if (first === undefined) throw new Error("MDB_INVALID: data.mdb is not an LMDB file");
  const second = readMeta(path, first.pageSize);
  const newest = second !== undefined && second.transaction > first.transaction ? second : first;
  // Two meta pages alone are an empty tree.
  if (size < (newest.lastPage + 1) * newest.pageSize) throw new Error("MDB_CORRUPTED: data.mdb has been cut short");
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

function readMeta(path: string, at: number): Meta | undefined {
  const bytes = Buffer.alloc(metaBytes);
  const descriptor = openSync(path, "r");
  try {
    if (readSync(descriptor, bytes, 0, metaBytes, at) < metaBytes) return undefined;
  } finally {
    closeSync(descriptor);
  }
  if (bytes.readUInt32LE(OFFSET.magic) !== MAGIC || (bytes.readUInt32LE(OFFSET.version) & 0xffff) !== DATA_VERSION) {
    return undefined;
  }
  return {
    pageSize: bytes.readUInt32LE(OFFSET.pageSize),
    lastPage: Number(bytes.readBigUInt64LE(OFFSET.lastPage)),
    transaction: Number(bytes.readBigUInt64LE(OFFSET.transaction)),
  };
}
