/**
 * What each ask does inside the committer's transaction: checks against the shard's head, puts, and the answer to give
 * once the transaction is durable. Nothing here waits, and nothing fails but for the disk: every refusal is an answer.
 */
import type { Epoch } from "../../model/ids.ts";
import type { AppendOutcome } from "../port.ts";
import type { AppendPart, Answers, Ask, CheckpointParts } from "./client-messages.ts";
import { decodeAppends, decodeCheckpoint } from "./client-messages.ts";
import {
  cellKeyOfBytes,
  currentPlanKey,
  journalFloorKey,
  journalKey,
  journalRange,
  leaseKey,
  metaKey,
  nodeKey,
  planKey,
  positionOfJournalKey,
  profileKeyOfBytes,
  wakeUpKeyOfBytes,
} from "./key-layout.ts";
import type { WriteTree } from "./lmdb-tree.ts";
import type { ShardHeads } from "./shard-heads.ts";
import { decodeNode, encodeLease, encodeNode, encodePosition, readBatchHeader } from "./value-layout.ts";

const FENCED = "fenced";

/** The lease of a shard that nobody ever owned has epoch 0, under which nothing may be written. */
function isFenced(heads: ShardHeads, part: AppendPart | CheckpointParts): boolean {
  return part.epoch === 0 || heads.get(part.shard).epoch !== part.epoch;
}

export function commitAppends(tree: WriteTree, heads: ShardHeads, frame: ArrayBuffer): readonly AppendOutcome[] {
  return decodeAppends(frame).map((part) => commitAppend(tree, heads, part));
}

function commitAppend(tree: WriteTree, heads: ShardHeads, part: AppendPart): AppendOutcome {
  const head = heads.get(part.shard);
  if (isFenced(heads, part)) return { is: FENCED, epoch: head.epoch };
  if (part.firstPosition > head.last + 1) return { is: "gap", last: head.last };
  const end = part.firstPosition + part.count - 1;
  if (part.firstPosition <= head.last) {
    return standsThere(tree, heads, part, end) ? { is: "already" } : { is: "conflict", last: head.last };
  }
  tree.put(journalKey(part.shard, end), part.value);
  const { epoch, count, digest } = part;
  heads.stage(part.shard, { ...head, last: end, tail: { epoch, count, digest, valueBytes: part.value.length } });
  return { is: "ok" };
}

function standsThere(tree: WriteTree, heads: ShardHeads, part: AppendPart, end: number): boolean {
  const { last, tail } = heads.get(part.shard);
  const stored = end === last ? tail : readTail(tree.get(journalKey(part.shard, end)));
  return (
    stored !== undefined &&
    stored.epoch === part.epoch &&
    stored.count === part.count &&
    stored.digest === part.digest &&
    stored.valueBytes === part.value.length
  );
}

function readTail(value: Buffer | undefined) {
  return value === undefined ? undefined : { ...readBatchHeader(value), valueBytes: value.length };
}

export function commitCheckpoint(tree: WriteTree, heads: ShardHeads, frame: ArrayBuffer): "ok" | "fenced" {
  const parts = decodeCheckpoint(frame);
  const { shard } = parts;
  const head = heads.get(shard);
  if (isFenced(heads, parts)) return FENCED;
  if (parts.watermark < head.watermark) return "ok";
  tree.put(metaKey(shard), parts.metaValue);
  heads.stage(shard, { ...head, watermark: parts.watermark });
  for (const { id, wakeUp, value } of parts.profiles) {
    const key = profileKeyOfBytes(shard, id);
    const before = tree.leadingDouble(key) ?? Number.POSITIVE_INFINITY;
    if (before !== wakeUp) {
      if (before !== Number.POSITIVE_INFINITY) tree.remove(wakeUpKeyOfBytes(shard, before, id));
      if (wakeUp !== Number.POSITIVE_INFINITY) tree.put(wakeUpKeyOfBytes(shard, wakeUp, id), NOTHING);
    }
    tree.put(key, value);
  }
  for (const { text, profile } of parts.cells) tree.put(cellKeyOfBytes(shard, text), profile);
  return "ok";
}

const NOTHING = new Uint8Array(0);

/**
 * Removes at most `batchesMax` batches.
 * @returns false when more remain, for another transaction
 */
export function commitTrim(
  tree: WriteTree,
  heads: ShardHeads,
  trim: Ask & { readonly ask: "trim" },
  batchesMax: number,
): boolean {
  const { shard } = trim;
  const head = heads.get(shard);
  const upTo = Math.min(trim.upTo, head.last);
  const range = { start: journalRange(shard).start, end: journalKey(shard, upTo + 1) };
  const keys = tree.keys(range, batchesMax);
  for (const key of keys) tree.remove(key);
  const lastRemoved = keys.at(-1);
  if (lastRemoved === undefined) return true;
  const floor = positionOfJournalKey(lastRemoved);
  tree.put(journalFloorKey(shard), encodePosition(floor));
  if (floor === head.last) heads.stage(shard, { ...head, tail: undefined });
  return keys.length < batchesMax;
}

function commitClaim(tree: WriteTree, heads: ShardHeads, claim: Ask & { readonly ask: "claim" }): Epoch | undefined {
  const { shard } = claim.seen;
  const head = heads.get(shard);
  if (head.epoch !== claim.seen.epoch || head.counter !== claim.seen.counter) return undefined;
  const epoch = Math.max(head.epoch, head.tail?.epoch ?? 0, claim.epochFloor) + 1;
  const lease = { owner: claim.node, epoch, counter: head.counter + 1 };
  tree.put(leaseKey(shard), encodeLease(lease));
  heads.stage(shard, { ...head, ...lease });
  return epoch;
}

function commitRenewals(tree: WriteTree, heads: ShardHeads, renew: Ask & { readonly ask: "renew" }): boolean[] {
  return renew.held.map(({ shard, epoch }) => {
    const head = heads.get(shard);
    if (head.owner !== renew.node || head.epoch !== epoch) return false;
    const renewed = { ...head, counter: head.counter + 1 };
    tree.put(leaseKey(shard), encodeLease(renewed));
    heads.stage(shard, renewed);
    return true;
  });
}

function commitRelease(tree: WriteTree, heads: ShardHeads, release: Ask & { readonly ask: "release" }): void {
  const head = heads.get(release.shard);
  if (head.owner !== release.node || head.epoch !== release.epoch) return;
  const released = { ...head, owner: undefined };
  tree.put(leaseKey(release.shard), encodeLease(released));
  heads.stage(release.shard, released);
}

/** Everything but checkpoints and trims, which the committer paces. */
export function commitSmall(
  tree: WriteTree,
  heads: ShardHeads,
  ask: Exclude<Ask, { readonly ask: "checkpoint" | "trim" }>,
): Answers[keyof Answers] {
  switch (ask.ask) {
    case "append":
      return commitAppends(tree, heads, ask.frame);
    case "claim":
      return commitClaim(tree, heads, ask);
    case "renew":
      return commitRenewals(tree, heads, ask);
    case "release":
      return void commitRelease(tree, heads, ask);
    case "announce": {
      const before = tree.get(nodeKey(ask.node));
      const counter = before === undefined ? 0 : decodeNode(before).counter;
      return void tree.put(nodeKey(ask.node), encodeNode(ask.address, counter + 1));
    }
    case "leave":
      return void tree.remove(nodeKey(ask.node));
    case "put plan":
      return void tree.put(planKey(ask.digest), ask.source);
    case "set current plan":
      return void tree.put(currentPlanKey(), Buffer.from(ask.digest));
  }
}
