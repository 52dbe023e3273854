/**
 * What each ask does inside the state's transaction: checks against the shard's head, puts, and the answer to give once
 * the transaction is durable. Nothing here waits, and nothing fails but for the disk: every refusal is an answer.
 */
import type { Epoch } from "../../model/ids.ts";
import {
  cellKeyOfBytes,
  currentPlanKey,
  leaseKey,
  metaKey,
  nodeKey,
  planKey,
  steeringKey,
  profileKeyOfBytes,
  unfilledKey,
  wakeUpKeyOfBytes,
} from "./key-layout.ts";
import type { CheckpointOutcome } from "../port.ts";
import type { WriteTree } from "./lmdb-tree.ts";
import { commitModel, commitModelPiece, commitProducts } from "./product-writes.ts";
import type { ShardHeads } from "./shard-heads.ts";
import { decodeCheckpoint } from "./state-asks.ts";
import type { StateAsks } from "./state-asks.ts";
import type { AnswerOf, AskOf } from "./thread-calls.ts";
import { decodeNode, encodeLease, encodeNode, ROW_HEADER_BYTES } from "./value-layout.ts";

function commitCheckpoint(tree: WriteTree, heads: ShardHeads, frame: ArrayBuffer): CheckpointOutcome {
  const parts = decodeCheckpoint(frame);
  const { shard } = parts;
  const head = heads.get(shard);
  // Epoch 0 is that of a shard never owned: nothing may be written under it.
  if (parts.epoch === 0 || head.epoch !== parts.epoch) return "fenced";
  if (parts.watermark < head.watermark) return "ok";
  if (head.watermark < parts.after) return "gap";
  tree.put(metaKey(shard), parts.metaValue);
  heads.stage(shard, { ...head, watermark: parts.watermark });
  for (const { id, wakeUp: given, value } of parts.profiles) {
    const key = profileKeyOfBytes(shard, id);
    const goes = value.length <= ROW_HEADER_BYTES;
    const wakeUp = goes ? Number.POSITIVE_INFINITY : given;
    const before = tree.leadingDouble(key) ?? Number.POSITIVE_INFINITY;
    if (before !== wakeUp) {
      if (before !== Number.POSITIVE_INFINITY) tree.remove(wakeUpKeyOfBytes(shard, before, id));
      if (wakeUp !== Number.POSITIVE_INFINITY) tree.put(wakeUpKeyOfBytes(shard, wakeUp, id), NOTHING);
    }
    if (goes) tree.remove(key);
    else tree.put(key, value);
  }
  for (const { text, profile } of parts.cells) tree.put(cellKeyOfBytes(shard, text), profile);
  for (const { text, profile } of parts.forgotten) {
    const key = cellKeyOfBytes(shard, text);
    if (tree.get(key)?.equals(profile) === true) tree.remove(key);
  }
  return "ok";
}

const NOTHING = new Uint8Array(0);

function commitFill(
  tree: WriteTree,
  heads: ShardHeads,
  { frame, begun, done }: StateAsks["fill"]["ask"],
): "ok" | "fenced" {
  const { shard, epoch, profiles, cells } = decodeCheckpoint(frame);
  if (epoch === 0 || heads.get(shard).epoch !== epoch) return "fenced";
  for (const { id, wakeUp, value } of profiles) {
    const key = profileKeyOfBytes(shard, id);
    if (tree.has(key)) continue;
    tree.put(key, value);
    if (wakeUp !== Number.POSITIVE_INFINITY) tree.put(wakeUpKeyOfBytes(shard, wakeUp, id), NOTHING);
  }
  for (const { text, profile } of cells) {
    const key = cellKeyOfBytes(shard, text);
    if (!tree.has(key)) tree.put(key, profile);
  }
  for (const [part, note] of begun) tree.put(unfilledKey(shard, part), note);
  for (const part of done) tree.remove(unfilledKey(shard, part));
  return "ok";
}

function commitClaim(tree: WriteTree, heads: ShardHeads, claim: StateAsks["claim"]["ask"]): Epoch | undefined {
  const { shard } = claim.seen;
  const head = heads.get(shard);
  if (head.epoch !== claim.seen.epoch || head.counter !== claim.seen.counter) return undefined;
  const epoch = Math.max(head.epoch, claim.epochFloor) + 1;
  const lease = { owner: claim.node, epoch, counter: head.counter + 1 };
  tree.put(leaseKey(shard), encodeLease(lease));
  heads.stage(shard, { ...head, ...lease });
  return epoch;
}

function commitRenewals(tree: WriteTree, heads: ShardHeads, renew: StateAsks["renew"]["ask"]): boolean[] {
  return renew.held.map(({ shard, epoch }) => {
    const head = heads.get(shard);
    if (head.owner !== renew.node || head.epoch !== epoch) return false;
    const renewed = { ...head, counter: head.counter + 1 };
    tree.put(leaseKey(shard), encodeLease(renewed));
    heads.stage(shard, renewed);
    return true;
  });
}

function commitRelease(tree: WriteTree, heads: ShardHeads, release: StateAsks["release"]["ask"]): void {
  const head = heads.get(release.shard);
  if (head.owner !== release.node || head.epoch !== release.epoch) return;
  const released = { ...head, owner: undefined };
  tree.put(leaseKey(release.shard), encodeLease(released));
  heads.stage(release.shard, released);
}

export function commitAsk(tree: WriteTree, heads: ShardHeads, ask: AskOf<StateAsks>): AnswerOf<StateAsks> {
  switch (ask.name) {
    case "checkpoint":
      return commitCheckpoint(tree, heads, ask.frame);
    case "fill":
      return commitFill(tree, heads, ask);
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
    case "putPlan":
      return void tree.put(planKey(ask.digest), ask.source);
    case "setCurrentPlan":
      return void tree.put(currentPlanKey(), Buffer.from(ask.digest));
    case "putProducts":
      return commitProducts(tree, ask);
    case "putModelPiece":
      return void commitModelPiece(tree, ask);
    case "setModel":
      return void commitModel(tree, ask);
    case "setSteering": {
      if (tree.get(steeringKey())?.toString("utf8") !== ask.from) return false;
      tree.put(steeringKey(), Buffer.from(ask.text));
      return true;
    }
  }
}
