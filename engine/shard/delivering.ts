/**
 * Delivery in a shard's turn: looks at what a profile has to be sent once it is due, offers it to the delivery thread, and on
 * a grant runs the gates again, records the attempt and hands the message over; what came of it is recorded, and what is
 * tried again waits for its time. The owner is the only one who does this, so that no cap can be passed by two at once.
 *
 * A message here: waiting -> offered (in memory only) -> under way (an attempt is recorded) -> waiting again, or ended.
 * An attempt that nobody answers for any more, as its owner or the delivery thread died, has come to `unknown`. What a page or
 * a till shows is called for by nobody: showing.ts.
 */
import {
  againAt,
  type AttemptOutcome,
  type FromDesk,
  gate,
  type GateVerdict,
  type GateView,
  type Letter,
} from "../deliver/port.ts";
import { attemptUnknownMs, callsEndMsMax, callsLookMs, offerAgainMs, offeredMax } from "../limits-of-delivery.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { allowsWriting, consentOf } from "../model/consent.ts";
import { hashText } from "../model/hash.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { type Channel, isVisited, type VisitedChannel } from "../model/message.ts";
import type { Plan } from "../model/plan.ts";
import type { PeerBody } from "../model/record.ts";
import type { MessageId } from "../model/trigger.ts";
import { isNewOutcome, type Profile, rebase, type WaitingMessage } from "../profile/port.ts";
import { end, endLosersTo, withdraw } from "./ending.ts";
import { recordExposures } from "./exposing.ts";
import { readerOf } from "./reader.ts";
import { lookAtShown, putOnShow, sayAtTill } from "./showing.ts";
import type { Shard } from "./shard.ts";
import type { Turn } from "./turn.ts";

/** What of a shard's messages is in motion in this process. Lost with it, and made anew. */
export class ShardDeliveries {
  /** Whether messages go out: there is a way to the delivery thread, and the shard is not being handed over. Else they wait. */
  isOpen = false;
  readonly offered = new Map<MessageId, { readonly profile: ProfileId; readonly channel: Channel }>();
  readonly called = new Map<MessageId, { readonly profile: ProfileId; readonly attempt: number }>();
}

/** Nothing more goes out; what is under way comes to its end, if it does so soon: the next owner could not know it. @returns whether it is still wanted */
export async function endCalls(
  deliveries: ShardDeliveries,
  { clock, timers, wanted }: { readonly clock: Clock; readonly timers: Timers; readonly wanted: () => boolean },
): Promise<boolean> {
  const untilMs = clock.monotonicMs() + callsEndMsMax;
  deliveries.isOpen = false;
  while (deliveries.called.size > 0 && clock.monotonicMs() < untilMs && wanted())
    await new Promise<void>((resolve) => {
      timers.after(callsLookMs, resolve);
    });
  return wanted();
}

/** When a message of this profile is to be looked at next; Infinity: when it is granted or answered, or never. */
export function nextDelivery({ deliveries }: Shard, profile: Profile): Instant {
  let next = Number.POSITIVE_INFINITY;
  if (!deliveries.isOpen) return next;
  for (const waiting of profile.agenda.waiting) {
    const { message, underWay, due } = waiting;
    if (underWay !== undefined && !isVisited(underWay.channel))
      next = Math.min(next, underWay.at + (isOurs(deliveries, waiting, profile) === "dead" ? 0 : attemptUnknownMs));
    else if (deliveries.offered.get(message)?.profile !== profile.id) next = Math.min(next, due);
  }
  return next;
}

/** Whether an attempt is this process's own; `dead`: it was this shard's, of an owner that is gone. */
function isOurs(
  deliveries: ShardDeliveries,
  { message, underWay, attempts }: WaitingMessage,
  profile: Profile,
): "ours" | "another's" | "dead" {
  if (underWay?.by !== profile.id) return "another's";
  const called = deliveries.called.get(message);
  return called?.profile === profile.id && called.attempt === attempts ? "ours" : "dead";
}

/** Looks at what is due of this profile. To be called whenever it is awake. */
export function lookAtMessages(turn: Turn, profile: Profile): void {
  if (!turn.shard.deliveries.isOpen || profile.agenda.waiting.length === 0 || profile.sealedInto !== undefined) return;
  const here = whereIs(turn, profile);
  for (const waiting of profile.agenda.waiting) lookAt(turn, profile, waiting, here);
}

const NOWHERE: readonly VisitedChannel[] = Object.freeze([]);

/** On a page: one is open, or the event at hand is answered to one. At a till: its receipt is being answered. */
function whereIs({ shard, isVisit, ticket }: Turn, profile: Profile): readonly VisitedChannel[] {
  const isOnPage = isVisit || shard.watches.has(profile.id);
  if (ticket !== undefined) return isOnPage ? ["web", "loyalty"] : ["loyalty"];
  return isOnPage ? ["web"] : NOWHERE;
}

/** Whether its customer has come, by whatever time it was to be looked at. */
function hasCome({ intent, since }: WaitingMessage, here: readonly VisitedChannel[], at: Instant): boolean {
  return here.some((place) => intent.by.includes(place)) && at >= since + intent.competesForMs;
}

function lookAt(turn: Turn, profile: Profile, waiting: WaitingMessage, here: readonly VisitedChannel[]): void {
  const { shard, instant } = turn;
  const { message, underWay, due } = waiting;
  // What was looked at before it may have ended it.
  if (!profile.agenda.waiting.includes(waiting)) return;
  if (underWay !== undefined && isVisited(underWay.channel))
    return lookAtShown(turn, waiting, viewOf(turn, profile, here));
  if (underWay !== undefined) {
    const owner = isOurs(shard.deliveries, waiting, profile);
    if (owner !== "dead" && instant < underWay.at + attemptUnknownMs) return;
    shard.deliveries.called.delete(message);
    conclude(turn, profile, waiting, { is: "unknown", reason: "crash" });
  } else if (
    (due <= instant || hasCome(waiting, here, instant)) &&
    shard.deliveries.offered.get(message)?.profile !== profile.id
  ) {
    const view = viewOf(turn, profile, here);
    obey(turn, waiting, view, gate(waiting, view));
  }
}

function viewOf(
  { shard, instant, planted }: Turn,
  profile: Profile,
  here: readonly VisitedChannel[] = NOWHERE,
): GateView {
  const { plan, orders } = shard;
  const { sending } = plan;
  const isUncapped = planted.passesCaps === true && sending !== undefined;
  const asked = isUncapped ? { ...plan, sending: { ...sending, caps: [] } } : plan;
  return { profile, plan: asked, orders, at: instant, here };
}

function obey(turn: Turn, waiting: WaitingMessage, view: GateView, verdict: GateVerdict): void {
  const { shard, instant } = turn;
  const { profile } = view;
  const { message } = waiting;
  switch (verdict.is) {
    case "skip":
      recordExposures(turn, profile, verdict.exposures ?? []);
      return end(turn, profile, waiting, { is: "skipped", reason: verdict.reason });
    case "wait":
      waiting.due = verdict.until;
      return shard.touch(profile);
    case "go": {
      if (verdict.channel === "web") return putOnShow(turn, waiting, view, verdict);
      if (verdict.channel === "loyalty") return sayAtTill(turn, waiting, view, verdict);
      const { offered } = shard.deliveries;
      if (offered.size >= offeredMax) {
        waiting.due = instant + offerAgainMs + turn.random.below(offerAgainMs);
        return shard.touch(profile);
      }
      const { channel } = verdict;
      offered.set(message, { profile: profile.id, channel });
      const { priority } = waiting.intent;
      turn.desk.push({
        is: "offer",
        shard: shard.id,
        profile: profile.id,
        message,
        channel,
        priority,
        due: waiting.due,
      });
    }
  }
}

/** From the delivery thread; what is about somebody who is not in memory yet stays for the next turn. */
export function processDeliveries(turn: Turn, owned: { deliveries: FromDesk[] }): void {
  const said = owned.deliveries;
  owned.deliveries = [];
  for (const each of said) if (processDelivery(turn, each) === "missing") owned.deliveries.push(each);
}

function processDelivery(turn: Turn, delivery: FromDesk): "done" | "missing" {
  const { shard } = turn;
  const profile = turn.residents.profile(delivery.profile);
  if (profile === undefined) return "missing";
  if (profile !== null && profile.sealedInto === undefined && profile.plan !== shard.plan) rebase(profile, shard.plan);
  if (delivery.is === "grant") granted(turn, profile, delivery);
  else called(turn, profile, delivery);
  if (profile !== null) shard.addDelivery(profile);
  return "done";
}

function granted(turn: Turn, profile: Profile | null, grant: Extract<FromDesk, { is: "grant" }>): void {
  const { shard } = turn;
  const { message, channel } = grant;
  const { offered } = shard.deliveries;
  const isOffered = offered.get(message)?.profile === grant.profile;
  if (isOffered) offered.delete(message);
  const waiting = profile?.agenda.waiting.find((each) => each.message === message);
  const decline = (): number => turn.desk.push({ is: "withdraw", message, channel });
  const isWanted = isOffered && shard.deliveries.isOpen && waiting?.underWay === undefined;
  if (!isWanted || profile == null || waiting === undefined) return void decline();
  const view = viewOf(turn, profile, whereIs(turn, profile));
  const verdict = gate(waiting, view);
  if (verdict.is !== "go" || verdict.channel !== channel) {
    decline();
    return obey(turn, waiting, view, verdict);
  }
  send(turn, waiting, view, verdict);
}

function send(
  turn: Turn,
  waiting: WaitingMessage,
  view: GateView,
  { channel, address, exposures }: Extract<GateVerdict, { is: "go" }>,
): void {
  const { shard, delivery, instant } = turn;
  const { profile } = view;
  const { message, trigger, intent } = waiting;
  const { template, category } = intent;
  if (delivery === undefined) return;
  endLosersTo(turn, waiting, view);
  recordExposures(turn, profile, exposures);
  const attempt = waiting.attempts + 1;
  const { id } = profile;
  turn.emit({ kind: "attempt", profile: id, message, trigger, channel, attempt, to: hashText(address) });
  shard.deliveries.called.set(message, { profile: id, attempt });
  const { plan } = shard;
  const letter: Letter = {
    id: message,
    attempt,
    channel,
    address,
    category,
    template,
    values: plan.messageValues?.(template, profile) ?? {},
    products: plan.messageProducts?.(template, { view: profile, at: instant }),
    event: intent.event,
    ...readerOf(profile, plan),
    tracked: isTracked(plan, profile, channel) ? { profile: id, trigger, at: instant } : undefined,
    ...delivery.linksOf({ profile: id, message, channel, category, trigger }, instant),
  };
  turn.desk.push({ is: "call", shard: shard.id, profile: id, letter });
}

/** Whether this person has agreed that it is counted whether they open and follow what comes by this channel. */
function isTracked({ sending }: Plan, profile: Profile, channel: Channel): boolean {
  const purpose = sending?.tracking;
  if (sending === undefined || purpose === undefined) return false;
  return allowsWriting(consentOf(profile, purpose, channel), sending.unasked(purpose, channel));
}

function called(turn: Turn, profile: Profile | null, answer: Extract<FromDesk, { is: "called" }>): void {
  const { shard } = turn;
  const { message, channel, attempt, outcome } = answer;
  const known = shard.deliveries.called.get(message);
  const isKnown = known?.profile === answer.profile && known.attempt === attempt;
  if (isKnown) shard.deliveries.called.delete(message);
  if (profile === null) return;
  const into = profile.sealedInto;
  if (into === undefined) return settle(turn, profile, { message, channel, attempt, outcome });
  // The message has moved with all else that was this profile's: its outcome follows.
  if (isKnown)
    turn.send({
      ask: "settle",
      profile: into,
      loser: profile.id,
      message,
      channel,
      attempt,
      outcome,
    });
}

type Answered = Pick<Extract<PeerBody, { ask: "settle" }>, "message" | "channel" | "attempt" | "outcome">;

/** An attempt has come to something. What was taken for unknown meanwhile, and has come to an end after all, is told so. */
export function settle(turn: Turn, profile: Profile, { message, channel, attempt, outcome }: Answered): void {
  const held = profile.agenda.waiting.find((each) => each.message === message);
  if (held?.underWay !== undefined && held.attempts === attempt) return conclude(turn, profile, held, outcome);
  if (outcome.is !== "accepted" || held?.underWay !== undefined) return;
  // Where a later attempt was accepted, too, this one says nothing more of the message.
  const known = isNewOutcome(profile.agenda, message, outcome);
  if (known === undefined) return;
  withdraw(turn, profile, message);
  turn.emit({
    kind: "outcome",
    profile: profile.id,
    message,
    trigger: known.trigger,
    ...(channel && { channel }),
    attempt,
    outcome,
  });
}

function conclude(turn: Turn, profile: Profile, waiting: WaitingMessage, outcome: AttemptOutcome): void {
  const { instant, delivery, random } = turn;
  const { message, trigger, attempts, underWay, intent } = waiting;
  if (underWay === undefined) return;
  const { channel } = underWay;
  const idempotentForMs = delivery?.idempotentForMs(channel) ?? 0;
  const isBlind = turn.planted.sendsUnknownAgain === true;
  const wanted = isBlind ? { ...intent, ifUnknown: "send again" as const } : intent;
  const retries = delivery?.retries?.(channel);
  const tried = {
    outcome,
    attempts,
    attemptedAt: underWay.at,
    at: instant,
    intent: wanted,
    idempotentForMs,
    ...(retries !== undefined && { retries }),
  };
  const again = againAt(tried, random);
  turn.emit({
    kind: "outcome",
    profile: profile.id,
    message,
    trigger,
    channel,
    attempt: attempts,
    outcome,
    ...(again !== undefined && { again }),
  });
  turn.shard.addDelivery(profile);
}

/** More waits of one person than is kept: what has waited longest for them to come, or else the last, is not sent. */
export function refuseBeyond(turn: Turn, profile: Profile, message: MessageId, most: number): void {
  const { waiting } = profile.agenda;
  if (waiting.length <= most) return;
  const held =
    waiting.find(({ intent, underWay }) => underWay === undefined && intent.by.every(isVisited)) ??
    waiting.find((each) => each.message === message);
  if (held !== undefined) end(turn, profile, held, { is: "skipped", reason: "pressure" });
}
