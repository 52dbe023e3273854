/**
 * What clients ask of the state's thread, which owns the tree: checkpoint pieces, leases, nodes, plans, products. A checkpoint piece
 * is one transferred ArrayBuffer in which every stored value already stands as it will be stored.
 */
import type { Epoch, NodeId, PlanDigest, Position, ShardId } from "../../model/ids.ts";
import type {
  CheckpointOutcome,
  CheckpointWrite,
  FillWrite,
  KeyedChange,
  Lease,
  StoredModel,
  UnfilledPart,
} from "../port.ts";
import { cellBytes, PROFILE_ID_BYTES } from "./key-layout.ts";
import { META_HEADER_BYTES, ROW_HEADER_BYTES } from "./value-layout.ts";

export type StateAsks = {
  /** `frame`: as `encodeCheckpoint` makes it. */
  checkpoint: { ask: { readonly frame: ArrayBuffer }; answer: CheckpointOutcome };
  /** `frame`: its profiles and cells, as `encodeFill` makes it. */
  fill: {
    ask: { readonly frame: ArrayBuffer; readonly begun: readonly UnfilledPart[]; readonly done: readonly number[] };
    answer: "ok" | "fenced";
  };
  claim: {
    ask: { readonly seen: Lease; readonly node: NodeId; readonly epochFloor: Epoch };
    answer: Epoch | undefined;
  };
  renew: {
    ask: {
      readonly node: NodeId;
      readonly held: readonly { readonly shard: ShardId; readonly epoch: Epoch }[];
    };
    answer: readonly boolean[];
  };
  release: { ask: { readonly node: NodeId; readonly shard: ShardId; readonly epoch: Epoch }; answer: undefined };
  announce: { ask: { readonly node: NodeId; readonly address: string }; answer: undefined };
  leave: { ask: { readonly node: NodeId }; answer: undefined };
  putPlan: { ask: { readonly digest: PlanDigest; readonly source: Uint8Array }; answer: undefined };
  setCurrentPlan: { ask: { readonly digest: PlanDigest }; answer: undefined };
  /** `line`: a name for the line, if it has none. */
  putProducts: {
    ask: { readonly changes: readonly KeyedChange[]; readonly line: string };
    answer: number;
  };
  putModelPiece: {
    ask: { readonly version: string; readonly piece: number; readonly bytes: Uint8Array };
    answer: undefined;
  };
  setModel: { ask: { readonly model: StoredModel }; answer: undefined };
  setSteering: { ask: { readonly text: string; readonly from: string | undefined }; answer: boolean };
};

export interface CheckpointParts {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly watermark: Position;
  readonly after: Position;
  /** As stored: watermark and meta. */
  readonly metaValue: Buffer;
  /** Ids as 12 bytes; values as stored: wake-up and row. */
  readonly profiles: readonly { readonly id: Buffer; readonly wakeUp: number; readonly value: Buffer }[];
  readonly cells: readonly StoredCell[];
  readonly forgotten: readonly StoredCell[];
}

interface StoredCell {
  readonly text: Buffer;
  readonly profile: Buffer;
}

/**
 * shard u16 | epoch f64 | after f64 | profiles u32 | cells u32 | forgotten u32 | length u32, watermark f64, meta
 * | per profile: id 12, length u32, wake-up f64, row | per cell, then per forgotten one: length u16, text, id 12
 */
export function encodeCheckpoint(write: CheckpointWrite): ArrayBuffer {
  const cells = [...write.cells, ...write.forgotten].map(([cell, profile]) => [cellBytes(cell), profile] as const);
  let size = 2 + 8 + 8 + 4 + 4 + 4 + 4 + META_HEADER_BYTES + write.meta.length;
  for (const { row } of write.profiles) size += PROFILE_ID_BYTES + 4 + ROW_HEADER_BYTES + row.length;
  for (const [text] of cells) size += 2 + text.length + PROFILE_ID_BYTES;

  const frame = new ArrayBuffer(size);
  const target = Buffer.from(frame);
  let at = target.writeUInt16BE(write.shard, 0);
  at = target.writeDoubleBE(write.epoch, at);
  at = target.writeDoubleBE(write.after, at);
  at = target.writeUInt32BE(write.profiles.length, at);
  at = target.writeUInt32BE(write.cells.length, at);
  at = target.writeUInt32BE(write.forgotten.length, at);
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
    at += target.write(profile, at, "hex");
  }
  return frame;
}

/** What is to be put of it, as a checkpoint has it that tells nothing else. */
export function encodeFill({ shard, epoch, profiles, cells }: FillWrite): ArrayBuffer {
  const head = { shard, epoch, watermark: 0, after: 0, journalEnd: 0, meta: NO_META };
  return encodeCheckpoint({ ...head, profiles, cells, forgotten: [] });
}

const NO_META = new Uint8Array(0);

export function decodeCheckpoint(frame: ArrayBuffer): CheckpointParts {
  const source = Buffer.from(frame);
  let at = 30;
  function take(length: number): Buffer {
    at += length;
    return source.subarray(at - length, at);
  }
  const metaValue = take(take(4).readUInt32BE(0));
  const profiles = Array.from({ length: source.readUInt32BE(18) }, () => {
    const id = take(PROFILE_ID_BYTES);
    const value = take(take(4).readUInt32BE(0));
    return { id, wakeUp: value.readDoubleBE(0), value };
  });
  const takeCell = (): StoredCell => {
    const text = take(take(2).readUInt16BE(0));
    return { text, profile: take(PROFILE_ID_BYTES) };
  };
  const cells = Array.from({ length: source.readUInt32BE(22) }, takeCell);
  const forgotten = Array.from({ length: source.readUInt32BE(26) }, takeCell);
  return {
    shard: source.readUInt16BE(0) as ShardId,
    epoch: source.readDoubleBE(2),
    after: source.readDoubleBE(10),
    watermark: metaValue.readDoubleBE(0),
    metaValue,
    profiles,
    cells,
    forgotten,
  };
}
