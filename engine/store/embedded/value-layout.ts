/**
 * The values that stand under the keys of key-layout.ts: raw bytes behind small fixed headers, no general encoding. The
 * profile rows are laid out so that the client's frame already holds header and row side by side and the state's thread
 * stores that stretch as it is. Changing anything here is a change of `storeFormat`.
 */
import type { Epoch, Instant, NodeId, Position } from "../../model/ids.ts";
import type { KeyedChange, StoredModel } from "../port.ts";

/** wake-up f64 | row */
export const ROW_HEADER_BYTES = 8;

export function readWakeUp(value: Buffer): Instant {
  return value.readDoubleBE(0);
}

/** watermark f64 | meta */
export const META_HEADER_BYTES = 8;

export function readWatermark(value: Buffer): Position {
  return value.readDoubleBE(0);
}

export interface LeaseValue {
  readonly owner: NodeId | undefined;
  readonly epoch: Epoch;
  readonly counter: number;
}

/** epoch f64 | counter f64 | owner in UTF-8, empty for nobody */
export function encodeLease(lease: LeaseValue): Buffer {
  const owner = Buffer.from(lease.owner ?? "");
  const value = Buffer.allocUnsafe(16 + owner.length);
  value.writeDoubleBE(lease.epoch, 0);
  value.writeDoubleBE(lease.counter, 8);
  owner.copy(value, 16);
  return value;
}

export function decodeLease(value: Buffer | undefined): LeaseValue {
  if (value === undefined) return { owner: undefined, epoch: 0, counter: 0 };
  // A view of a larger buffer tells its length, and nothing else does.
  const owner = value.toString("utf8", 16, value.length);
  return {
    owner: owner === "" ? undefined : (owner as NodeId),
    epoch: value.readDoubleBE(0),
    counter: value.readDoubleBE(8),
  };
}

/** counter f64 | address in UTF-8 */
export function encodeNode(address: string, counter: number): Buffer {
  const value = Buffer.allocUnsafe(8 + Buffer.byteLength(address));
  value.writeDoubleBE(counter, 0);
  value.write(address, 8);
  return value;
}

export function decodeNode(value: Buffer): { readonly address: string; readonly counter: number } {
  return { address: value.toString("utf8", 8), counter: value.readDoubleBE(0) };
}

/** format u32 | shards u32 */
export function encodeSettings(format: number, shards: number): Buffer {
  const value = Buffer.allocUnsafe(8);
  value.writeUInt32BE(format, 0);
  value.writeUInt32BE(shards, 4);
  return value;
}

export function decodeSettings(value: Buffer): { readonly format: number; readonly shards: number } {
  return { format: value.readUInt32BE(0), shards: value.readUInt32BE(4) };
}

/** length u16 | key | change */
export function encodeProductChange({ key, bytes }: KeyedChange): Buffer {
  const text = Buffer.from(key);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(text.length, 0);
  return Buffer.concat([length, text, bytes]);
}

export function decodeProductChange(value: Buffer): KeyedChange {
  const end = 2 + value.readUInt16BE(0);
  return { key: value.toString("utf8", 2, end), bytes: value.subarray(end) };
}

/** last f64 | name of the line */
export function encodeProductHead(last: number, line: string): Buffer {
  const value = Buffer.allocUnsafe(8 + Buffer.byteLength(line));
  value.writeDoubleBE(last, 0);
  value.write(line, 8);
  return value;
}

export function decodeProductHead(value: Buffer | undefined): {
  readonly last: number;
  readonly line: string | undefined;
} {
  if (value === undefined) return { last: 0, line: undefined };
  return { last: value.readDoubleBE(0), line: value.toString("utf8", 8) };
}

/** pieces u32 | at f64 | version */
export function encodeModel({ version, pieces, at }: StoredModel): Buffer {
  const value = Buffer.allocUnsafe(12 + Buffer.byteLength(version));
  value.writeUInt32BE(pieces, 0);
  value.writeDoubleBE(at, 4);
  value.write(version, 12);
  return value;
}

export function decodeModel(value: Buffer): StoredModel {
  return { pieces: value.readUInt32BE(0), at: value.readDoubleBE(4), version: value.toString("utf8", 12) };
}
