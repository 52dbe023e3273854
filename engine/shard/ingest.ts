/**
 * One event in a shard's turn: who it is of, whether it is a repetition, and its record. An event of somebody who lives
 * elsewhere is answered `moved` and changes nothing here.
 */
import { slotOfCell } from "../model/hash.ts";
import type { Event } from "../model/event.ts";
import { type Identifier, cellKey } from "../model/identifier.ts";
import { type ProfileId, createProfileId, shardOfSlot } from "../model/ids.ts";
import { type Profile, isTooOld, judge } from "../profile/port.ts";
import { aimOf, identifierState, locate, userOf } from "./locate.ts";
import type { Problem, ToShard } from "./port.ts";
import { decisionsFor, noteShown } from "./showing.ts";
import type { Queued, Turn } from "./turn.ts";

type EventMessage = Extract<ToShard, { kind: "event" }>;

export function processEvent(turn: Turn, queued: Queued, message: EventMessage): "done" | "missing" {
  const { parsed } = queued;
  if (parsed === undefined) return "done";
  if ("problem" in parsed) return refuse(turn, queued, parsed.messageId, parsed.problem);
  const { event } = parsed;
  const aim = aimOf(event, message);
  if (aim === undefined) return refuse(turn, queued, event.messageId, NO_IDENTIFIER);
  const { routing, route } = aim;
  const place = locate(turn.shard, turn.residents, aim);
  switch (place.is) {
    case "missing":
      return "missing";
    case "moved":
      return turn.answer(queued, { ...place, route });
    case "absorbing":
      return turn.park(queued, place.profile);
    case "new": {
      if (isTooOld(event, turn.instant)) return refuse(turn, queued, event.messageId, TOO_OLD);
      const id = place.id ?? createProfileId(slotOfCell(cellKey(routing)), turn.instant, turn.random.below(2 ** 40));
      const profile = applyMessage(turn, message, { id, event: withRoute(event, routing), creates: true });
      return answer(turn, queued, message, { event, profile, is: "applied", began: routing });
    }
    case "found":
      return processKnown(turn, queued, message, { event, routing, profile: place.profile });
  }
}

function processKnown(
  turn: Turn,
  queued: Queued,
  message: EventMessage,
  { event, routing, profile }: { readonly event: Event; readonly routing: Identifier; readonly profile: Profile },
): "done" {
  if (event.proved && routing.kind === "anonymous") {
    const user = event.identifiers.find(({ kind }) => kind === "user");
    if (user !== undefined && isOfAnotherUser(profile, event)) {
      // A shared device: somebody else has logged in. Nothing of it belongs to the profile that the device had.
      const shard = shardOfSlot(slotOfCell(cellKey(user)), turn.residents.shards);
      return turn.answer(queued, {
        is: "moved",
        shard,
        profile: undefined,
        identifier: routing,
        route: 1,
        reason: "switch",
      });
    }
  }
  turn.meetIfNew(profile);
  const judgement = judge(profile, event, turn.instant);
  if (judgement === "conflict" || judgement === "too_old")
    return refuse(turn, queued, event.messageId, judgement === "conflict" ? CONFLICT : TOO_OLD);
  if (judgement === "duplicate" && turn.planted.forgetsDuplicate !== true)
    return answer(turn, queued, message, { event, profile, is: "duplicate", began: undefined });
  applyMessage(turn, message, { id: profile.id, event: withRoute(event, routing), creates: false });
  return answer(turn, queued, message, { event, profile, is: "applied", began: undefined });
}

/** Whether the event names another user than the one this profile is known as: the two are never made one. */
export function isOfAnotherUser(profile: Profile, { identifiers }: Event): boolean {
  const user = identifiers.find(({ kind }) => kind === "user")?.value;
  const known = userOf(profile);
  return user !== undefined && known !== undefined && user !== known;
}

/** What is answered with decisions goes to a page, or to whoever makes one: its person is there. */
function applyMessage(
  turn: Turn,
  message: EventMessage,
  { id, event, creates }: { readonly id: ProfileId; readonly event: Event; readonly creates: boolean },
): Profile {
  turn.isVisit = wantsDecisions(message, event);
  const profile = applyEvent(turn, id, event, creates);
  turn.isVisit = false;
  return profile;
}

/** Records an event of a profile of this shard, claims what it newly names, and evaluates. */
export function applyEvent(turn: Turn, id: ProfileId, event: Event, creates: boolean): Profile {
  const change = turn.emit({ kind: "event", profile: id, creates, event });
  const profile = turn.residents.profile(id) as Profile;
  // Which of its names are right nobody can tell when they are of two users.
  if (event.proved && !isOfAnotherUser(profile, event))
    for (const identifier of event.identifiers) {
      const state = identifierState(profile, identifier);
      if (state === undefined || state === "unproved") turn.claim(profile, identifier);
    }
  noteShown(turn, profile, event);
  if (change !== undefined) turn.evaluate(profile, creates ? { kind: "everything" } : change, event);
  return profile;
}

function answer(
  turn: Turn,
  queued: Queued,
  message: EventMessage,
  outcome: {
    readonly event: Event;
    readonly profile: Profile;
    readonly is: "applied" | "duplicate";
    /** Under which identifier the profile began with this event. */
    readonly began: Identifier | undefined;
  },
): "done" {
  const { event, profile, is, began } = outcome;
  const created = began?.kind === "anonymous";
  return turn.answer(queued, {
    is,
    messageId: event.messageId,
    profile: profile.id,
    resolved: !profile.identifiers.some(({ state }) => state === "pending"),
    created,
    visitor: created && event.type !== "alias" ? began.value : undefined,
    decisions: wantsDecisions(message, event) ? decisionsFor(turn.shard, profile, turn.instant, event) : undefined,
    plan: turn.shard.plan.digest,
  });
}

/** A browser sees only what is decided for the visitor whose signed token it has shown. */
function wantsDecisions({ decide, origin }: EventMessage, event: Event): boolean {
  if (!decide || origin.trusted) return decide;
  const { visitor } = origin;
  return (
    visitor !== undefined && event.identifiers.some(({ kind, value }) => kind === "anonymous" && value === visitor)
  );
}

function refuse(turn: Turn, queued: Queued, messageId: string | undefined, problem: Problem): "done" {
  return turn.answer(queued, { is: "refused", messageId, problem });
}

/** After a switch the device's anonymous id stays with the person it was. */
function withRoute(event: Event, routing: Identifier): Event {
  if (event.identifiers[0] === routing) return event;
  return { ...event, identifiers: event.identifiers.slice(event.identifiers.indexOf(routing)) };
}

const NO_IDENTIFIER: Problem = {
  code: "no_identifier",
  field: "/anonymousId",
  message:
    "an event without proof of who it is of must name an anonymousId: send it with a server key, or with an identityToken",
};
const CONFLICT: Problem = {
  code: "message_id_conflict",
  field: "/messageId",
  message: "this messageId was used before for an event with another body",
};
const TOO_OLD: Problem = {
  code: "too_old",
  field: "/timestamp",
  message: "the event is older than the 7 days within which a repetition can be told",
};
