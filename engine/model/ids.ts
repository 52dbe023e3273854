/**
 * The names by which things are known. Every id is a branded type made only by the functions here, so that
 * a shard number is never taken for a slot nor a profile id for any other text. Pure; randomness is an argument.
 */

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** One of 4,096 hash classes of identifiers and profiles; fixed for ever. */
export type Slot = Brand<number, "Slot">;
/** Unit of ownership, order and recovery: `slot mod shards`. */
export type ShardId = Brand<number, "ShardId">;
/** 24 hex digits: slot (3), creation instant in ms (11), random (10). The order of creation can be read off it. */
export type ProfileId = Brand<string, "ProfileId">;
/** A record's number in its shard's journal; the first is 1, 0 means none. */
export type Position = number;
/** Ownership term of a shard; only grows. 0 means never owned. */
export type Epoch = number;
/** Milliseconds since 1970-01-01T00:00Z. */
export type Instant = number;
/** Name of the key through which an event came; scopes message ids. */
export type SourceId = Brand<string, "SourceId">;
/** A node of the cluster; kept in its data folder, so that a restarted node is the same one. */
export type NodeId = Brand<string, "NodeId">;
/** Hex digest of a plan's source. */
export type PlanDigest = Brand<string, "PlanDigest">;

export const SLOTS = 4096;

const PROFILE_ID = /^[0-9a-f]{24}$/;

export function parseProfileId(text: string): ProfileId | undefined {
  return PROFILE_ID.test(text) ? (text as ProfileId) : undefined;
}

/** @param random40 an integer in [0, 2^40) */
export function createProfileId(slot: Slot, createdAt: Instant, random40: number): ProfileId {
  return (hex(slot, 3) + hex(createdAt, 11) + hex(random40, 10)) as ProfileId;
}

/** The id under which rules see somebody of whom nothing is known; no profile has it. */
export const NOBODY: ProfileId = createProfileId(0 as Slot, 0, 0);

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

export function slotOfProfile(id: ProfileId): Slot {
  return Number.parseInt(id.slice(0, 3), 16) as Slot;
}

export function createdAtOfProfile(id: ProfileId): Instant {
  return Number.parseInt(id.slice(3, 14), 16);
}

/**
 * Total order of profiles, oldest first: creation instant, then the random part, then the slot. A merge keeps the
 * first of two, so redirects only ever point to an older profile and cannot form a ring.
 */
export function compareProfiles(a: ProfileId, b: ProfileId): -1 | 0 | 1 {
  const left = a.slice(3) + a.slice(0, 3);
  const right = b.slice(3) + b.slice(0, 3);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** @param shards a power of two, at most SLOTS */
export function shardOfSlot(slot: Slot, shards: number): ShardId {
  return (slot % shards) as ShardId;
}

export function shardOfProfile(id: ProfileId, shards: number): ShardId {
  return shardOfSlot(slotOfProfile(id), shards);
}
