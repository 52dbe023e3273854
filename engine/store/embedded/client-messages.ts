/**
 * What travels between a client and the committer over their MessagePort. Writes that carry much (appends, checkpoint
 * pieces) are one ArrayBuffer, transferred, in which every stored value already stands as it will be stored; the rest are
 * small plain objects. Nothing is checked again at the committer: both ends are this program.
 */
import type { CellKey } from "../../model/identifier.ts";
import type { Epoch, NodeId, PlanDigest, Position, ProfileId, ShardId } from "../../model/ids.ts";
import type { AppendOutcome, AppendRequest, CheckpointWrite, Lease } from "../port.ts";
import { cellBytes, PROFILE_ID_BYTES } from "./key-layout.ts";
import { BATCH_HEADER_BYTES, META_HEADER_BYTES, ROW_HEADER_BYTES, writeBatchHeader } from "./value-layout.ts";

export type Ask =
  | { readonly ask: "append"; readonly frame: ArrayBuffer }
  | { readonly ask: "checkpoint"; readonly frame: ArrayBuffer }
  | { readonly ask: "trim"; readonly shard: ShardId; readonly upTo: Position }
  | { readonly ask: "claim"; readonly seen: Lease; readonly node: NodeId; readonly epochFloor: Epoch }
  | {
      readonly ask: "renew";
      readonly node: NodeId;
      readonly held: readonly { readonly shard: ShardId; readonly epoch: Epoch }[];
    }
  | { readonly ask: "release"; readonly node: NodeId; readonly shard: ShardId; readonly epoch: Epoch }
  | { readonly ask: "announce"; readonly node: NodeId; readonly address: string }
  | { readonly ask: "leave"; readonly node: NodeId }
  | { readonly ask: "put plan"; readonly digest: PlanDigest; readonly source: Uint8Array }
  | { readonly ask: "set current plan"; readonly digest: PlanDigest };

/** What each ask is answered with once it is durable. */
export interface Answers {
  append: readonly AppendOutcome[];
  checkpoint: "ok" | "fenced";
  trim: undefined;
  claim: Epoch | undefined;
  renew: readonly boolean[];
  release: undefined;
  announce: undefined;
  leave: undefined;
  "put plan": undefined;
  "set current plan": undefined;
}

export type AnswerTo<A extends Ask> = Answers[A["ask"]];

/** An ask under a number by which its answer is known; numbers are a client's own. */
export interface Call {
  readonly call: number;
  readonly ask: Ask;
}

/** `failed`: why nothing of it was done. */
export type Reply =
  | { readonly call: number; readonly answer: Answers[keyof Answers] }
  | { readonly call: number; readonly failed: string };

const APPEND_HEADER_BYTES = 2 + 8 + 4;

export interface AppendPart {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly firstPosition: Position;
  readonly count: number;
  readonly digest: number;
  /** Header and bytes, as stored. */
  readonly value: Buffer;
}

/** shard u16 | firstPosition f64 | length u32 | value; repeated */
export function encodeAppends(requests: readonly AppendRequest[]): ArrayBuffer {
  let size = 0;
  for (const { bytes } of requests) size += APPEND_HEADER_BYTES + BATCH_HEADER_BYTES + bytes.length;
  const frame = new ArrayBuffer(size);
  const target = Buffer.from(frame);
  let at = 0;
  for (const request of requests) {
    const length = BATCH_HEADER_BYTES + request.bytes.length;
    target.writeUInt16BE(request.shard, at);
    target.writeDoubleBE(request.firstPosition, at + 2);
    target.writeUInt32BE(length, at + 10);
    at += APPEND_HEADER_BYTES;
    writeBatchHeader(target, at, request);
    target.set(request.bytes, at + BATCH_HEADER_BYTES);
    at += length;
  }
  return frame;
}

export function decodeAppends(frame: ArrayBuffer): readonly AppendPart[] {
  const source = Buffer.from(frame);
  const parts: AppendPart[] = [];
  for (let at = 0; at < source.length; ) {
    const length = source.readUInt32BE(at + 10);
    const value = source.subarray(at + APPEND_HEADER_BYTES, at + APPEND_HEADER_BYTES + length);
    parts.push({
      shard: source.readUInt16BE(at) as ShardId,
      firstPosition: source.readDoubleBE(at + 2),
      epoch: value.readDoubleBE(0),
      digest: value.readDoubleBE(8),
      count: value.readUInt32BE(16),
      value,
    });
    at += APPEND_HEADER_BYTES + length;
  }
  return parts;
}

export interface CheckpointParts {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly watermark: Position;
  /** As stored: watermark and meta. */
  readonly metaValue: Buffer;
  /** Ids as 12 bytes; values as stored: wake-up and row. */
  readonly profiles: readonly { readonly id: Buffer; readonly wakeUp: number; readonly value: Buffer }[];
  readonly cells: readonly { readonly text: Buffer; readonly profile: Buffer }[];
}

/**
 * shard u16 | epoch f64 | profiles u32 | cells u32 | length u32, watermark f64, meta
 * | per profile: id 12, length u32, wake-up f64, row | per cell: length u16, text, id 12
 */
export function encodeCheckpoint(write: CheckpointWrite): ArrayBuffer {
  const cells = write.cells.map(([cell, profile]) => [cellBytes(cell as CellKey), profile] as const);
  let size = 2 + 8 + 4 + 4 + 4 + META_HEADER_BYTES + write.meta.length;
  for (const { row } of write.profiles) size += PROFILE_ID_BYTES + 4 + ROW_HEADER_BYTES + row.length;
  for (const [text] of cells) size += 2 + text.length + PROFILE_ID_BYTES;

  const frame = new ArrayBuffer(size);
  const target = Buffer.from(frame);
  let at = target.writeUInt16BE(write.shard, 0);
  at = target.writeDoubleBE(write.epoch, at);
  at = target.writeUInt32BE(write.profiles.length, at);
  at = target.writeUInt32BE(cells.length, at);
  at = target.writeUInt32BE(META_HEADER_BYTES + write.meta.length, at);
  at = target.writeDoubleBE(write.watermark, at);
  target.set(write.meta, at);
  at += write.meta.length;
  for (const { id, row, wakeUp } of write.profiles) {
    at += target.write(id, at, "hex");
    at = target.writeUInt32BE(ROW_HEADER_BYTES + row.length, at);
    at = target.writeDoubleBE(wakeUp, at);
    target.set(row, at);
    at += row.length;
  }
  for (const [text, profile] of cells) {
    at = target.writeUInt16BE(text.length, at);
    target.set(text, at);
    at += text.length;
    at += target.write(profile as ProfileId, at, "hex");
  }
  return frame;
}

export function decodeCheckpoint(frame: ArrayBuffer): CheckpointParts {
  const source = Buffer.from(frame);
  let at = 18;
  function take(length: number): Buffer {
    at += length;
    return source.subarray(at - length, at);
  }
  const metaValue = take(take(4).readUInt32BE(0));
  const profiles = Array.from({ length: source.readUInt32BE(10) }, () => {
    const id = take(PROFILE_ID_BYTES);
    const value = take(take(4).readUInt32BE(0));
    return { id, wakeUp: value.readDoubleBE(0), value };
  });
  const cells = Array.from({ length: source.readUInt32BE(14) }, () => {
    const text = take(take(2).readUInt16BE(0));
    return { text, profile: take(PROFILE_ID_BYTES) };
  });
  return {
    shard: source.readUInt16BE(0) as ShardId,
    epoch: source.readDoubleBE(2),
    watermark: metaValue.readDoubleBE(0),
    metaValue,
    profiles,
    cells,
  };
}
