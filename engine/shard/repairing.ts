/**
 * What the nightly reconciliation puts right, by the hand of the shard's owner: recorded, fenced and folded as everything
 * else that changes a shard. The owner has the last word: what has moved on since it was compared is left as it is, and is
 * looked at again. A repair that comes twice changes nothing the second time but one more record.
 */
import type { Position, ProfileId } from "../model/ids.ts";
import {
  anonymousId,
  clearAged,
  deadBefore,
  decodeProfile,
  emptiedCell,
  emptiedOf,
  encodeProfile,
  isEmptied,
  type Profile,
  segmentEpoch,
  showingTooOld,
  type WaitingMessage,
} from "../profile/port.ts";
import { lookAtMessages } from "./delivering.ts";
import { end, withdraw } from "./ending.ts";
import { askersOf } from "./fold.ts";
import type { AgedBefore, ShardFix, ToShard } from "./port.ts";
import { takeOffPage } from "./showing.ts";
import { letGo } from "./reporting.ts";
import type { Queued, Turn } from "./turn.ts";

export function processRepair(
  turn: Turn,
  queued: Queued,
  { fix }: Extract<ToShard, { kind: "repair" }>,
): "done" | "missing" {
  const isDone = repair(turn, fix);
  return isDone === "missing" ? "missing" : turn.answer(queued, { is: "done" });
}

function repair(turn: Turn, fix: ShardFix): "done" | "missing" {
  const { shard, residents } = turn;
  switch (fix.of) {
    case "profile": {
      const profile = residents.profile(fix.profile);
      if (profile === undefined) return "missing";
      repairProfile(turn, fix, profile);
      return "done";
    }
    case "cell": {
      const holder = residents.cell(shard, fix.cell);
      if (holder === undefined) return "missing";
      if (holder !== fix.to && holder !== (fix.from ?? null)) return "done";
      turn.emit({ kind: "repaired", repair: { of: "cell", cell: fix.cell, to: fix.to } });
      shard.storesSoon = true;
      return "done";
    }
    case "idle": {
      if (fix.people.some(({ profile }) => residents.profile(profile) === undefined)) return "missing";
      for (const { profile, upTo } of fix.people) emptyIdle(turn, profile, upTo);
      return "done";
    }
    case "aged": {
      if (fix.people.some((id) => residents.profile(id) === undefined)) return "missing";
      for (const id of fix.people) letGoOfAged(turn, id, fix.before);
      return "done";
    }
    case "wake_up": {
      const profile = residents.profile(fix.profile);
      if (profile === undefined) return "missing";
      if (profile !== null) wakeAnew(turn, profile);
      return "done";
    }
    case "checkpoint":
      shard.storesSoon = shard.stored < shard.position || shard.isBehind;
      return "done";
    case "message":
      // Asked a second time under a new number, which is harmless.
      if (shard.peers.unanswered(fix.to, fix.n) !== undefined) return "done";
      // The record is about them, and folded as it is made.
      if (askersOf(fix.body).some((id) => residents.profile(id) === undefined)) return "missing";
      turn.send(fix.body);
      return "done";
  }
}

/** They leave their segments in silence, so that who counts by what was recorded counts right. */
function emptyIdle(turn: Turn, id: ProfileId, upTo: Position): void {
  const { shard, residents } = turn;
  const profile = residents.profile(id);
  if (profile == null) return;
  const own = anonymousId(profile);
  if (own !== undefined && profile.position <= upTo) {
    for (const [index, segment] of profile.plan.segments.entries())
      if (profile.inSegment(index))
        turn.emit({ kind: "transition", profile: id, segment, entered: false, epoch: segmentEpoch(profile, segment) });
    const row = Buffer.from(encodeProfile(emptiedOf(profile, own, shard.plan))).toString("base64");
    turn.emit({ kind: "repaired", repair: { of: "profile", profile: id, row, emptied: true } });
  }
  const emptied = residents.profile(id);
  const cell = emptied == null ? undefined : emptiedCell(emptied);
  if (cell !== undefined) shard.letGo(id, cell);
}

/** Who enters or leaves a segment by it does so in silence. */
function letGoOfAged(turn: Turn, id: ProfileId, before: AgedBefore): void {
  const { shard, residents } = turn;
  const profile = residents.profile(id);
  if (profile == null || profile.sealedInto !== undefined) return;
  const { waiting, ended } = showingTooOld(profile.agenda, before.events);
  const letters = before.letters === undefined ? [] : deadBefore(profile.agenda, before.letters);
  // Letters first: few that have ended are kept, and those that end now are the latest of them.
  for (const letter of new Set([...letters, ...ended])) letGo(turn, profile, { letter, reason: "too_old" });
  for (const each of waiting) letGoOfWaiting(turn, profile, each);
  if (waiting.length > 0) {
    // Who has waited for their place may have it now.
    lookAtMessages(turn, profile);
    shard.addDelivery(profile);
  }
  const without = decodeProfile(encodeProfile(profile), shard.plan, id);
  const { held, changed } = clearAged(without.attributes, shard.plan.attributes, before.fields);
  if (changed.length === 0) return;
  without.attributes = held;
  const row = Buffer.from(encodeProfile(without)).toString("base64");
  turn.emit({ kind: "repaired", repair: { of: "profile", profile: id, row } });
  const cleared = residents.profile(id);
  if (cleared != null) turn.evaluate(cleared, { kind: "everything" }, undefined, "silent");
}

/** What it shows is too old. */
function letGoOfWaiting(turn: Turn, profile: Profile, waiting: WaitingMessage): void {
  if (waiting.underWay !== undefined) return takeOffPage(turn, profile, waiting, "too_old");
  withdraw(turn, profile, waiting.message);
  end(turn, profile, waiting, { is: "skipped", reason: "too_old" });
}

/** As after a takeover: what has fallen due meanwhile is due now. Recorded as it is, so that it is stored. */
function wakeAnew(turn: Turn, profile: Profile): void {
  if (profile.sealedInto !== undefined || isEmptied(profile)) return;
  const recorded = recordWhole(turn, profile.id, rowOf(profile));
  if (recorded != null) turn.evaluate(recorded, { kind: "everything" });
}

function rowOf(profile: Profile): string {
  return Buffer.from(encodeProfile(profile)).toString("base64");
}

/** @param row all of the profile from here on, in base64 */
function recordWhole(turn: Turn, id: ProfileId, row: string): Profile | null | undefined {
  turn.emit({ kind: "repaired", repair: { of: "profile", profile: id, row } });
  turn.shard.storesSoon = true;
  return turn.residents.profile(id);
}

function repairProfile(
  turn: Turn,
  { profile: id, row, upTo }: Extract<ShardFix, { of: "profile" }>,
  profile: Profile | null,
): void {
  const stands = row ?? (profile === null ? undefined : rowOf(profile));
  if (stands === undefined) return;
  // Something has happened to the person since: the row would forget it.
  if (row !== undefined && profile !== null && profile.position > upTo) return;
  const repaired = recordWhole(turn, id, stands);
  if (repaired != null) turn.evaluate(repaired, { kind: "everything" }, undefined, "silent");
}
