/**
 * How two shards find that two profiles are one person, and make them one. Everything here is a conversation of `sent`,
 * `received` and `answered` records, so a crash between any two steps resumes from the unanswered message:
 *
 *   claim    asker -> home of the identifier's cell:  done (bound to the asker) | taken by another profile
 *   merge    asker -> home of that profile:           agreed (the asker is younger: it seals itself and sends absorb)
 *                                                     done (the other is younger: sealed, its absorb is on the way)
 *                                                     sealed into a third (ask that one) | refused (two users)
 *   absorb   home of the sealed -> home of the older: done | sealed into a third (ask that one) | refused (two users:
 *                                                     the sealed one becomes again what it was)
 *   rebind   winner -> homes of the loser's cells
 *   settle   home of the sealed -> home of the older: done | sealed into a third (tell that one) | refused (it does not have
 *                                                     the message: the absorption was refused)
 *
 * The older of two always wins, so redirects only descend in age and cannot form a ring, however merges cross.
 * Whoever comes for a sealed profile before its absorption is answered waits for that answer, and is then told where to
 * go: so nothing overtakes, and each event is judged once, by the profile that has all ids.
 */
import { claimsAgainMax } from "../limits.ts";
import { type Identifier, cellKey } from "../model/identifier.ts";
import { type ProfileId, type ShardId, compareProfiles } from "../model/ids.ts";
import { askerOf } from "../model/peer-places.ts";
import type { PeerBody, PeerResult } from "../model/record.ts";
import type { Due } from "../model/trigger.ts";
import { type Profile, decodeProfile, encodeProfile } from "../profile/port.ts";
import { settle } from "./delivering.ts";
import { fireTriggers } from "./firing.ts";
import { userOf } from "./locate.ts";
import type { PeerMessage } from "./port.ts";
import type { Turn } from "./turn.ts";

type Processed = "done" | "missing";

export function processSend(turn: Turn, message: Extract<PeerMessage, { kind: "send" }>): Processed {
  const { shard } = turn;
  const { from, n, body } = message;
  const applied = shard.peers.applied(from);
  if (n <= applied) {
    turn.peers.push(resultMessage(turn, from, n, shard.peers.resultOf(from, n)?.result ?? { is: "unknown" }));
    shard.peers.dropResults(from, message.settled);
    return "done";
  }
  if (message.prev > applied) {
    // Something before it never arrived, or our store lost it: ask for all after what we have.
    turn.peers.push(turn.greeting(from, false));
    return "done";
  }
  const decided = decide(turn, body);
  if (decided === "missing") return "missing";
  const before = body.ask === "absorb" ? stateBefore(turn, body.winner) : undefined;
  const change = turn.emit({ kind: "received", from, fromEpoch: message.fromEpoch, n, body, result: decided.result });
  decided.follow();
  if (body.ask === "absorb" && before !== undefined && change !== undefined) afterAbsorb(turn, body, before);
  turn.peers.push(resultMessage(turn, from, n, decided.result));
  shard.peers.dropResults(from, message.settled);
  return "done";
}

function resultMessage({ shard }: Turn, to: ShardId, n: number, result: PeerResult): PeerMessage {
  return { kind: "result", shard: to, from: shard.id, n, applied: shard.peers.applied(to), result };
}

interface Decided {
  readonly result: PeerResult;
  /** What follows once the message is recorded as received. */
  readonly follow: () => void;
}

const follow = (): void => undefined;
const DONE: Decided = { result: { is: "done" }, follow };
const REFUSED: Decided = { result: { is: "refused" }, follow };

/** Two profiles of two users are never one person. */
function differ(user: string | undefined, other: string | undefined): boolean {
  return user !== undefined && other !== undefined && user !== other;
}

function decide(turn: Turn, body: PeerBody): Decided | "missing" {
  switch (body.ask) {
    case "claim":
      return decideCell(turn, cellKey(body.identifier), (holder) => holder === null || holder === body.profile);
    case "rebind": {
      const decided = decideCell(turn, body.cell, (holder) => holder === null || body.from.includes(holder));
      return decided === "missing" ? decided : { ...decided, follow: () => absorbed(turn, body.from) };
    }
    case "merge":
      return decideMerge(turn, body);
    case "absorb": {
      const winner = turn.residents.profile(body.winner);
      if (winner === undefined) return "missing";
      if (winner?.sealedInto !== undefined) return { result: { is: "sealed", into: winner.sealedInto }, follow };
      return differ(winner === null ? undefined : userOf(winner), body.user) ? REFUSED : DONE;
    }
    case "settle": {
      const profile = turn.residents.profile(body.profile);
      if (profile === undefined) return "missing";
      if (profile === null) return REFUSED;
      if (profile.sealedInto !== undefined) return { result: { is: "sealed", into: profile.sealedInto }, follow };
      const { waiting, ended } = profile.agenda;
      const isKnown = [...waiting, ...ended].some(({ message }) => message === body.message);
      return isKnown ? { result: { is: "done" }, follow: () => settle(turn, profile, body) } : REFUSED;
    }
  }
}

function decideCell(
  turn: Turn,
  key: ReturnType<typeof cellKey>,
  mayTake: (holder: ProfileId | null) => boolean,
): Decided | "missing" {
  const holder = turn.residents.cell(turn.shard, key);
  if (holder === undefined) return "missing";
  if (mayTake(holder)) return DONE;
  return { result: { is: "taken", by: holder as ProfileId }, follow };
}

function decideMerge(turn: Turn, body: Extract<PeerBody, { ask: "merge" }>): Decided | "missing" {
  const profile = turn.residents.profile(body.profile);
  if (profile === undefined) return "missing";
  // Lost with a store that went back in time: there is nothing to merge with.
  if (profile === null) return { result: { is: "sealed", into: body.with }, follow };
  if (profile.sealedInto !== undefined) return { result: { is: "sealed", into: profile.sealedInto }, follow };
  if (differ(userOf(profile), body.user)) return REFUSED;
  if (compareProfiles(profile.id, body.with) < 0 && turn.planted.crossingMerges !== true)
    return { result: { is: "agreed" }, follow };
  return { result: { is: "done" }, follow: () => sealAndSend(turn, profile, body.with, body) };
}

export function processResult(turn: Turn, message: Extract<PeerMessage, { kind: "result" }>): Processed {
  const { shard } = turn;
  const entry = shard.peers.unanswered(message.from, message.n);
  if (entry === undefined) return "done";
  const { body } = entry;
  const { result } = message;
  const asker = askerOf(body);
  const profile = asker === undefined ? undefined : turn.residents.profile(asker);
  if (asker !== undefined && profile === undefined) return "missing";
  shard.peers.raise(message.applied);
  turn.emit({ kind: "answered", to: message.from, n: message.n, body, result });
  if (result.is === "unknown") {
    turn.send(body);
    return "done";
  }
  if (body.ask === "absorb") return afterAbsorbed(turn, body, result);
  if (body.ask === "settle" && result.is === "sealed") {
    turn.send({ ...body, profile: result.into });
    return "done";
  }
  // An asker lost with a store that went back in time leaves nothing to act on. A sealed asker's open questions went with
  // its state: the winner asks them again.
  if (profile == null || profile.sealedInto !== undefined) return "done";
  if (body.ask === "claim" && result.is === "taken") askToMerge(turn, profile, result.by, body);
  if (body.ask === "merge" && result.is === "refused") claimAgain(turn, profile, body);
  if (body.ask === "merge" && result.is === "agreed") sealAndSend(turn, profile, body.profile, body);
  if (body.ask === "settle" && result.is === "refused") {
    settle(turn, profile, body);
  }
  if (body.ask === "merge" && result.is === "sealed") {
    if (result.into !== profile.id) askToMerge(turn, profile, result.into, { ...body, sentOn: true });
    else rebind(turn, body.identifier, [body.profile], profile.id);
  }
  return "done";
}

/** The absorption is answered: who waits for the loser is sent on, unless the winner has a winner of its own. */
function afterAbsorbed(turn: Turn, body: Extract<PeerBody, { ask: "absorb" }>, result: PeerResult): "done" {
  if (result.is === "sealed") {
    turn.send({ ...body, winner: result.into, sentOn: true });
    return "done";
  }
  const loser = turn.residents.profile(body.loser);
  if (result.is === "refused" && loser != null) {
    for (const { kind, value, state } of [...loser.identifiers])
      if (state === "pending") turn.claim(loser, { kind, value });
    claimAgain(turn, loser, body);
    turn.evaluate(loser, { kind: "everything" });
  }
  turn.returned.push(...turn.shard.parked.take(body.loser));
  return "done";
}

/**
 * Whose cells are bound to another is absorbed, though the answer that says so may still be on its way: who comes next by
 * the cell goes straight to the winner, and is not to overtake who waits here.
 */
function absorbed(turn: Turn, losers: readonly ProfileId[]): void {
  for (const loser of losers) {
    turn.shard.peers.absorbed(loser);
    turn.returned.push(...turn.shard.parked.take(loser));
  }
}

/** What a question about two profiles that met carries along. */
interface Meeting {
  readonly identifier: Identifier;
  readonly sentOn?: boolean;
  readonly again?: number;
}

/** Refused by whom it was sent on to: who sent it on may have been refused too, and be itself again. */
function claimAgain(turn: Turn, profile: Profile, { identifier, sentOn = false, again = 0 }: Meeting): void {
  if (sentOn && again < claimsAgainMax) turn.claim(profile, identifier, again + 1);
}

/** @param about the answered question that led to `other` */
function askToMerge(turn: Turn, profile: Profile, other: ProfileId, about: Meeting): void {
  const { identifier, sentOn = false, again = 0 } = about;
  turn.send({
    ask: "merge",
    profile: other,
    with: profile.id,
    identifier,
    user: userOf(profile),
    ...(sentOn && { sentOn }),
    ...(again > 0 && { again }),
  });
}

/** From here on whoever comes for `loser` waits, and once the absorption is answered, is sent on. */
function sealAndSend(turn: Turn, loser: Profile, winner: ProfileId, { identifier, again = 0 }: Meeting): void {
  const state = Buffer.from(encodeProfile(loser)).toString("base64");
  turn.send({
    ask: "absorb",
    // Epochs are drawn, so a seal that a store has forgotten is never taken for the one that follows.
    mergeId: `${loser.id}.${turn.shard.epoch}.${turn.shard.position}`,
    identifier,
    user: userOf(loser),
    loser: loser.id,
    winner,
    state,
    ...(again > 0 && { again }),
  });
  for (const { link, watch } of turn.shard.watches.takeAll(loser.id))
    turn.answers.push({ link, reads: false, request: undefined, message: { kind: "unwatched", watch } });
}

/** What is to be told from what an absorption brings. */
interface Before {
  readonly pending: ReadonlySet<string>;
  /** Sequences that were complete. */
  readonly complete: readonly Due[];
}

function afterAbsorb(turn: Turn, body: Extract<PeerBody, { ask: "absorb" }>, { pending, complete }: Before): void {
  const winner = turn.residents.profile(body.winner);
  if (winner == null) return;
  const loser = decodeProfile(Buffer.from(body.state, "base64"), turn.shard.plan, body.loser);
  for (const identifier of loser.identifiers)
    if (identifier.state === "bound") rebind(turn, identifier, [loser.id, ...loser.absorbed], winner.id);
  for (const { kind, value, state } of [...winner.identifiers])
    if (state === "pending" && !pending.has(cellKey({ kind, value }))) turn.claim(winner, { kind, value });
  turn.evaluate(winner, { kind: "everything" });
  // The one began what the other has ended.
  const known = new Set([...complete, ...completeOf(turn, loser)].map(dueKey));
  const joined = completeOf(turn, winner).filter((due) => !known.has(dueKey(due)));
  fireTriggers(turn, winner, { event: undefined, flips: [], since: undefined, completed: joined });
}

function completeOf({ shard, instant }: Turn, profile: Profile): readonly Due[] {
  return shard.plan.triggers?.complete(profile, instant) ?? [];
}

function dueKey({ trigger, at }: Due): string {
  return `${trigger} ${at}`;
}

function rebind(turn: Turn, { kind, value }: Identifier, from: readonly ProfileId[], to: ProfileId): void {
  const cell = cellKey({ kind, value });
  turn.send({ ask: "rebind", cell, from, to });
}

function stateBefore(turn: Turn, id: ProfileId): Before {
  const profile = turn.residents.profile(id);
  if (profile == null) return { pending: new Set(), complete: [] };
  turn.meetIfNew(profile);
  const pending = profile.identifiers.filter(({ state }) => state === "pending");
  return { pending: new Set(pending.map((identifier) => cellKey(identifier))), complete: completeOf(turn, profile) };
}
