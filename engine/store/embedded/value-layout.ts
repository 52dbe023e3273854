/**
 * The values that stand under the keys of key-layout.ts: raw bytes behind small fixed headers, no general encoding. The
 * profile rows are laid out so that the client's frame already holds header and row side by side and the state's thread
 * stores that stretch as it is. Changing anything here is a change of `storeFormat`.
 */
import type { Epoch, Instant, NodeId, Position } from "../../model/ids.ts";

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
  const owner = value.toString("utf8", 16);
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
