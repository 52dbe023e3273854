/**
 * Every key of the hot store in Redis; no key is spelt anywhere else. All keys of a shard carry the tag `{sN}`, so that a
 * Cluster keeps them on one master and a script may touch them together; what belongs to no shard carries `{all}`.
 *
 * | key | type | holds |
 * |---|---|---|
 * | head | hash | lease (owner, epoch, counter) and end of the journal (last, tail) |
 * | journal | stream | a batch an entry, its id `<last position>-<count>`, so that trimming and reading are by position |
 * | state | hash | watermark and meta |
 * | profiles | hash, one a slot | 12-byte id -> row; by slot, so that a scan needs no index |
 * | wakeUps | sorted set | 12-byte id by instant |
 * | cells | hash | cell -> 12-byte id |
 * | unfilled | hash | number of a part that is to be filled -> what is to be known for it |
 */
import { createHash } from "node:crypto";
import type { CellKey } from "../../model/identifier.ts";
import type { ProfileId, ShardId, Slot } from "../../model/ids.ts";

export interface RedisKeys {
  head(shard: ShardId): string;
  journal(shard: ShardId): string;
  state(shard: ShardId): string;
  profiles(shard: ShardId, slot: Slot): string;
  wakeUps(shard: ShardId): string;
  cells(shard: ShardId): string;
  unfilled(shard: ShardId): string;
  /** Hash: format, shards. */
  readonly settings: string;
  /** Hash: `address:<node>`, `counter:<node>`. */
  readonly nodes: string;
  /** Hash: digest -> source. */
  readonly plans: string;
  readonly steering: string;
  /** Sorted set: key of a change by its number. */
  readonly productLine: string;
  /** Hash: key of a change -> the change. */
  readonly productChanges: string;
  /** String: which line it is. */
  readonly productLineName: string;
  /** Hash: version, pieces, at. */
  readonly model: string;
  /** Hash: number of the piece -> bytes. */
  modelPieces(version: string): string;
  /** String: digest. */
  readonly currentPlan: string;
}

/** @param prefix parts the stores that share one Redis */
export function createRedisKeys(prefix: string): RedisKeys {
  const ofShard = (shard: ShardId, what: string) => `${prefix}:{s${shard}}:${what}`;
  const ofAll = (what: string) => `${prefix}:{all}:${what}`;
  return {
    head: (shard) => ofShard(shard, "head"),
    journal: (shard) => ofShard(shard, "journal"),
    state: (shard) => ofShard(shard, "state"),
    profiles: (shard, slot) => ofShard(shard, `profiles:${slot}`),
    wakeUps: (shard) => ofShard(shard, "wakeups"),
    cells: (shard) => ofShard(shard, "cells"),
    unfilled: (shard) => ofShard(shard, "unfilled"),
    settings: ofAll("settings"),
    nodes: ofAll("nodes"),
    plans: ofAll("plans"),
    currentPlan: ofAll("current-plan"),
    steering: ofAll("steering"),
    productLine: ofAll("product-line"),
    productChanges: ofAll("product-changes"),
    productLineName: ofAll("product-line-name"),
    model: ofAll("model"),
    modelPieces: (version) => ofAll(`model-pieces:${version}`),
  };
}

export function profileMember(id: ProfileId): Buffer {
  return Buffer.from(id, "hex");
}

export function profileOfMember(member: Buffer): ProfileId {
  return member.toString("hex") as ProfileId;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The field of a cell: UTF-8, or a digest of its UTF-16 where the text holds a lone surrogate, which UTF-8 would fold
 * into one replacement character and so make two people one.
 */
export function cellField(cell: CellKey): string | Buffer {
  if (!LONE_SURROGATE.test(cell)) return cell;
  return createHash("sha256").update(Buffer.from(cell, "utf16le")).digest();
}
