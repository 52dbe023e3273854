/**
 * How the embedded store's one tree is ordered. Every key begins with its shard (two bytes, big-endian) and a table byte,
 * so that all of a shard lies together and a table of it is one range; what belongs to no shard comes last. Numbers in
 * keys are big-endian and, where they can be fractions, mapped so that byte order is numeric order. Changing anything
 * here is a change of the stored format: raise `storeFormat`.
 */
import { createHash } from "node:crypto";
import type { CellKey } from "../../model/identifier.ts";
import type { Instant, NodeId, PlanDigest, ProfileId, ShardId } from "../../model/ids.ts";

/** Version of keys and values; a store of another version is refused. */
export const storeFormat = 1;

const TABLE = { lease: 1, meta: 2, profile: 3, wakeUp: 4, cell: 5, unfilled: 6 } as const;
type Table = (typeof TABLE)[keyof typeof TABLE];

/** Stands for "no shard": above every shard, of which there are at most 4,096. */
const GLOBAL = 0xffff;
const GLOBAL_TABLE = {
  settings: 1,
  node: 2,
  plan: 3,
  currentPlan: 4,
  steering: 5,
  product: 6,
  productLine: 7,
  productHead: 8,
  modelPiece: 9,
  model: 10,
} as const;

const PREFIX_BYTES = 3;
export const PROFILE_ID_BYTES = 12;

export interface KeyRange {
  /** Inclusive. */
  readonly start: Buffer;
  /** Exclusive. */
  readonly end: Buffer;
}

function keyOf(shard: number, table: number, suffixBytes: number): Buffer {
  const key = Buffer.allocUnsafe(PREFIX_BYTES + suffixBytes);
  key[0] = shard >>> 8;
  key[1] = shard & 0xff;
  key[2] = table;
  return key;
}

function tableRange(shard: ShardId, table: Table): KeyRange {
  return { start: keyOf(shard, table, 0), end: keyOf(shard, table + 1, 0) };
}

export function leaseKey(shard: ShardId): Buffer {
  return keyOf(shard, TABLE.lease, 0);
}

export function metaKey(shard: ShardId): Buffer {
  return keyOf(shard, TABLE.meta, 0);
}

export function unfilledKey(shard: ShardId, part: number): Buffer {
  const key = keyOf(shard, TABLE.unfilled, 1);
  key[PREFIX_BYTES] = part;
  return key;
}

export function unfilledRange(shard: ShardId): KeyRange {
  return tableRange(shard, TABLE.unfilled);
}

export function partOfKey(key: Buffer): number {
  return key[PREFIX_BYTES] as number;
}

export function profileKey(shard: ShardId, id: ProfileId): Buffer {
  const key = keyOf(shard, TABLE.profile, PROFILE_ID_BYTES);
  key.write(id, PREFIX_BYTES, "hex");
  return key;
}

/** @param id the id's 12 bytes */
export function profileKeyOfBytes(shard: ShardId, id: Uint8Array): Buffer {
  const key = keyOf(shard, TABLE.profile, PROFILE_ID_BYTES);
  key.set(id, PREFIX_BYTES);
  return key;
}

export function profileOfKey(key: Buffer): ProfileId {
  return key.toString("hex", PREFIX_BYTES) as ProfileId;
}

/** Profiles after `cursor`, in the order of their ids. */
export function profilesAfter(shard: ShardId, cursor: ProfileId | undefined): KeyRange {
  const all = tableRange(shard, TABLE.profile);
  // The least key above the cursor's is itself followed by one zero byte.
  return cursor === undefined
    ? all
    : { start: Buffer.concat([profileKey(shard, cursor), Buffer.alloc(1)]), end: all.end };
}

/** @param id the id's 12 bytes; none: before every profile that wakes at this instant */
export function wakeUpKeyOfBytes(shard: ShardId, at: Instant, id: Uint8Array): Buffer {
  const key = keyOf(shard, TABLE.wakeUp, 8 + id.length);
  writeOrderedDouble(key, at, PREFIX_BYTES);
  key.set(id, PREFIX_BYTES + 8);
  return key;
}

export function wakeUpOfKey(key: Buffer): { readonly at: Instant; readonly id: ProfileId } {
  return {
    at: readOrderedDouble(key, PREFIX_BYTES),
    id: key.toString("hex", PREFIX_BYTES + 8) as ProfileId,
  };
}

const NO_ID = new Uint8Array(0);

/** All wake-ups at or before `until`. */
export function wakeUpsUntil(shard: ShardId, until: Instant): KeyRange {
  const all = tableRange(shard, TABLE.wakeUp);
  if (until === Number.POSITIVE_INFINITY) return all;
  const end = Buffer.alloc(PREFIX_BYTES + 8 + PROFILE_ID_BYTES + 1, 0xff);
  wakeUpKeyOfBytes(shard, until, NO_ID).copy(end);
  return { start: all.start, end };
}

export function cellKeyBytes(shard: ShardId, cell: CellKey): Buffer {
  const text = cellBytes(cell);
  const key = keyOf(shard, TABLE.cell, text.length);
  text.copy(key, PREFIX_BYTES);
  return key;
}

/** @param text as made by `cellBytes` */
export function cellKeyOfBytes(shard: ShardId, text: Uint8Array): Buffer {
  const key = keyOf(shard, TABLE.cell, text.length);
  key.set(text, PREFIX_BYTES);
  return key;
}

/** Cells whose texts begin with `prefix`, after `cursor`, one of them as hex. */
export function cellsAfter(shard: ShardId, prefix: string, cursor: string | undefined): KeyRange {
  const from = Buffer.from(prefix, "utf8");
  const past = Buffer.from(from);
  past[past.length - 1] = (past[past.length - 1] ?? 0) + 1;
  const start = cursor === undefined ? from : Buffer.concat([Buffer.from(cursor, "hex"), Buffer.alloc(1)]);
  return { start: cellKeyOfBytes(shard, start), end: cellKeyOfBytes(shard, past) };
}

/** The text of a cell, which is no UTF-16. */
export function cellOfKey(key: Buffer): { readonly cell: CellKey; readonly cursor: string } {
  return { cell: key.toString("utf8", PREFIX_BYTES) as CellKey, cursor: key.toString("hex", PREFIX_BYTES) };
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The bytes that stand for a cell: UTF-8, or UTF-16 where the text holds a lone surrogate, which UTF-8 would fold
 * into one replacement character and so make two people one.
 */
export function cellBytes(cell: CellKey): Buffer {
  return LONE_SURROGATE.test(cell) ? Buffer.from(`\u0001${cell}`, "utf16le") : Buffer.from(cell, "utf8");
}

export function settingsKey(): Buffer {
  return keyOf(GLOBAL, GLOBAL_TABLE.settings, 0);
}

export function nodeKey(node: NodeId): Buffer {
  return Buffer.concat([keyOf(GLOBAL, GLOBAL_TABLE.node, 0), Buffer.from(node)]);
}

export function nodeOfKey(key: Buffer): NodeId {
  return key.toString("utf8", PREFIX_BYTES) as NodeId;
}

export function nodesRange(): KeyRange {
  return { start: keyOf(GLOBAL, GLOBAL_TABLE.node, 0), end: keyOf(GLOBAL, GLOBAL_TABLE.node + 1, 0) };
}

export function planKey(digest: PlanDigest): Buffer {
  return Buffer.concat([keyOf(GLOBAL, GLOBAL_TABLE.plan, 0), Buffer.from(digest)]);
}

export function currentPlanKey(): Buffer {
  return keyOf(GLOBAL, GLOBAL_TABLE.currentPlan, 0);
}

export function steeringKey(): Buffer {
  return keyOf(GLOBAL, GLOBAL_TABLE.steering, 0);
}

/** Of a change, whose key may be longer than the tree's may: a digest of it. */
export function productKey(key: string): Buffer {
  return Buffer.concat([keyOf(GLOBAL, GLOBAL_TABLE.product, 0), createHash("sha256").update(key).digest()]);
}

export function productLineKey(number: number): Buffer {
  const key = keyOf(GLOBAL, GLOBAL_TABLE.productLine, 8);
  writeOrderedDouble(key, number, PREFIX_BYTES);
  return key;
}

export function numberOfLineKey(key: Buffer): number {
  return readOrderedDouble(key, PREFIX_BYTES);
}

/** Changes with numbers above `after`. */
export function productLineAfter(after: number): KeyRange {
  return { start: productLineKey(after + 1), end: keyOf(GLOBAL, GLOBAL_TABLE.productLine + 1, 0) };
}

export function productHeadKey(): Buffer {
  return keyOf(GLOBAL, GLOBAL_TABLE.productHead, 0);
}

export function modelPieceKey(version: string, piece: number): Buffer {
  return Buffer.concat([keyOf(GLOBAL, GLOBAL_TABLE.modelPiece, 0), Buffer.from(`${version} ${piece}`)]);
}

export function modelPiecesRange(): KeyRange {
  return { start: keyOf(GLOBAL, GLOBAL_TABLE.modelPiece, 0), end: keyOf(GLOBAL, GLOBAL_TABLE.modelPiece + 1, 0) };
}

export function versionOfPieceKey(key: Buffer): string {
  const text = key.toString("utf8", PREFIX_BYTES);
  return text.slice(0, text.lastIndexOf(" "));
}

export function modelKey(): Buffer {
  return keyOf(GLOBAL, GLOBAL_TABLE.model, 0);
}

/** IEEE 754 order as byte order: the sign bit flipped, and every bit of a negative number. */
export function writeOrderedDouble(target: Buffer, value: number, offset: number): void {
  target.writeDoubleBE(value + 0, offset); // + 0 makes -0 the 0 that it equals
  if ((target[offset] ?? 0) >= 0x80) for (let i = 0; i < 8; i++) target[offset + i] = ~(target[offset + i] ?? 0);
  else target[offset] = (target[offset] ?? 0) | 0x80;
}

export function readOrderedDouble(source: Buffer, offset: number): number {
  const copy = Buffer.from(source.subarray(offset, offset + 8));
  if ((copy[0] ?? 0) >= 0x80) copy[0] = (copy[0] ?? 0) & 0x7f;
  else for (let i = 0; i < 8; i++) copy[i] = ~(copy[i] ?? 0);
  return copy.readDoubleBE(0);
}
