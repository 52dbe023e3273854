/**
 * Whether a message that is due goes out now: asked of the profile as it is at this instant, by the rules of the plan, each
 * time anew, and again right before the attempt is recorded. A message that is held by the hour or by an operator waits; one
 * that the person, the rule or the pressure rules out is skipped, with the reason. Pure: the same profile, plan, orders,
 * instant and place where the customer is give the same verdict.
 *
 * By a page and a till nobody is called: a message goes by them at the moment at which the customer is there, by another of
 * its ways before that, and waits for them where no other reaches.
 */
import { addressLookAgainMs, gateLookAgainMs } from "../limits-of-delivery.ts";
import { consentOf } from "../model/consent.ts";
import { exposuresTo, type Exposure } from "../model/holdout.ts";
import { hashText } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { type Channel, isVisited, type SkippedReason, USUAL_SLOT, type VisitedChannel } from "../model/message.ts";
import type { Orders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import { type Cap, reaches, TRANSACTIONAL } from "../model/sending.ts";
import { hasCounted, type Profile, type WaitingMessage } from "../profile/port.ts";
import { addressesOf } from "./address.ts";
import { losersTo, outbidBy } from "./arbitration.ts";
import { channelOrder } from "./channel-order.ts";
import { quietUntil } from "./quiet-hours.ts";

export type WaitReason =
  | "quiet hours"
  /** Its trigger, or the way that is left to it. */
  | "paused"
  | "stopped"
  /** Whether the address is this person's is being settled with another shard. */
  | "its address"
  /** The customer is still to come. */
  | Awaited;

type Awaited =
  | "a visit"
  | "a receipt"
  /** Another message stands where it is to be shown. */
  | "its place";

const AWAITED: Readonly<Record<VisitedChannel, Awaited>> = { web: "a visit", loyalty: "a receipt" };

export type GateVerdict =
  | {
      readonly is: "go";
      readonly channel: Channel;
      readonly address: string;
      /** Holdouts that were asked, and let it pass. */
      readonly exposures: readonly Exposure[];
    }
  /** Not before `until`. */
  | { readonly is: "wait"; readonly until: Instant; readonly because: WaitReason }
  | Skipped;

export interface Skipped {
  readonly is: "skip";
  readonly reason: SkippedReason;
  /** The last of them keeps this person out. */
  readonly exposures?: readonly Exposure[];
  /** Of `pressure`: the cap that is full. */
  readonly cap?: Cap;
  /** Of `outbid`: the trigger whose message goes before. */
  readonly rival?: string;
}

export interface GateView {
  readonly profile: Profile;
  readonly plan: Plan;
  readonly orders: Orders;
  readonly at: Instant;
  /** Where the customer is at this moment; absent: nowhere that is known of. */
  readonly here?: readonly VisitedChannel[];
}

export function gate(waiting: WaitingMessage, view: GateView): GateVerdict {
  const alone = gateAlone(waiting, view);
  if (alone.is !== "go") return alone;
  const maySend = (other: WaitingMessage): boolean => {
    const verdict = gateAlone(other, view);
    return verdict.is !== "skip" && !awaitsCustomer(verdict) && !isKeptOut(exposuresOf(other, view));
  };
  const rival = outbidBy(waiting, view.profile.agenda, maySend);
  if (rival !== undefined) return { is: "skip", reason: "outbid", rival: rival.trigger };
  // Last of all, so that both groups have passed the same gates, and can be compared.
  const exposures = exposuresOf(waiting, view);
  return isKeptOut(exposures) ? { is: "skip", reason: "holdout", exposures } : { ...alone, exposures };
}

/** Those that have lost against one that goes out now; what waits for its customer competes when they come. */
export function outbidWith(sent: WaitingMessage, view: GateView): readonly WaitingMessage[] {
  return losersTo(sent, view.profile.agenda).filter((other) => !awaitsCustomer(gateAlone(other, view)));
}

function awaitsCustomer(verdict: GateVerdict): boolean {
  if (verdict.is !== "wait") return false;
  const { because } = verdict;
  return because === "a visit" || because === "a receipt" || because === "its place";
}

/** The last instant at which it still makes sense; Infinity: it always does. */
export function endOf({ at, intent }: Pick<WaitingMessage, "at" | "intent">): Instant {
  return intent.expiresMs === undefined ? Number.POSITIVE_INFINITY : at + intent.expiresMs;
}

/** Why what a page shows is taken from it: its reader has said no since, or what its rule asks holds no more. */
export function takenBack({ intent, trigger, underWay }: WaitingMessage, view: GateView): SkippedReason | undefined {
  if (!stillHolds(trigger, view)) return "condition";
  return underWay === undefined ? undefined : noOf(intent.category, underWay, view);
}

/** Holdouts that decide of a message: the one of everything that is not owed, then its own. */
function exposuresOf({ intent, trigger }: WaitingMessage, { plan, profile }: GateView): readonly Exposure[] {
  const everything = intent.category === TRANSACTIONAL ? undefined : plan.sending?.holdout;
  const holdouts = [everything, intent.holdout].filter((each) => each !== undefined);
  return exposuresTo(holdouts, profile.id, `trigger ${trigger}`);
}

function isKeptOut(exposures: readonly Exposure[]): boolean {
  return exposures.at(-1)?.heldOut === true;
}

const NO_EXPOSURES: readonly Exposure[] = Object.freeze([]);

/** As if nothing else wanted to be sent. */
function gateAlone(waiting: WaitingMessage, view: GateView): GateVerdict {
  const { orders, at } = view;
  const { intent, trigger } = waiting;
  const ends = endOf(waiting);
  if (at > ends) return { is: "skip", reason: "expired" };
  // Looked at once more when it expires, so that it is told then.
  const wait = (until: Instant, because: WaitReason): GateVerdict => ({
    is: "wait",
    until: Math.min(until, ends + 1),
    because,
  });
  if (orders.stopped) return wait(at + gateLookAgainMs, "stopped");
  if (orders.paused.includes(trigger)) return wait(at + gateLookAgainMs, "paused");
  if (!stillHolds(trigger, view)) return { is: "skip", reason: "condition" };
  let refused: Skipped = { is: "skip", reason: "unreachable" };
  let held: Extract<GateVerdict, { is: "wait" }> | undefined;
  for (const channel of channelOrder(intent.by, view.profile.agenda.ended, at)) {
    const verdict = channelVerdict(waiting, channel, view);
    if (verdict.is === "go") return verdict;
    if (verdict.is === "wait") held = held === undefined || verdict.until < held.until ? verdict : held;
    else if (FURTHEST.indexOf(verdict.reason) > FURTHEST.indexOf(refused.reason)) refused = verdict;
  }
  return held === undefined ? refused : wait(held.until, held.because);
}

/** One that the rules do not have any more was decided by those that had it. */
function stillHolds(trigger: string, { plan: { triggers }, profile, at }: GateView): boolean {
  const index = triggers?.all.findIndex(({ name }) => name === trigger) ?? -1;
  return index < 0 || triggers?.stillHolds?.(index, profile, at) !== false;
}

/** Of several channels the one that came furthest says why. */
const FURTHEST: readonly SkippedReason[] = ["unreachable", "unsubscribed", "no_consent", "out_of_window", "pressure"];

function channelVerdict(waiting: WaitingMessage, channel: Channel, view: GateView): GateVerdict {
  const { intent, message } = waiting;
  const { category } = intent;
  const { profile, plan, orders, at } = view;
  const { sending } = plan;
  const { ended } = profile.agenda;
  const address = addressesOf(profile.identifiers, channel, "bound").find(
    (each) => !ended.some((past) => past.channel === channel && past.to === hashText(each) && isDead(past.became)),
  );
  const awaited = isVisited(channel) ? awaitedBy(waiting, channel, view) : undefined;
  // Who is not known there yet may still come, and is known by then.
  if (address === undefined && isVisited(channel))
    return { is: "wait", until: Number.POSITIVE_INFINITY, because: awaited ?? AWAITED[channel] };
  if (address === undefined)
    return addressesOf(profile.identifiers, channel, "pending").length > 0
      ? { is: "wait", until: at + addressLookAgainMs, because: "its address" }
      : { is: "skip", reason: "unreachable" };
  const no = noOf(category, { channel, to: hashText(address) }, view);
  if (no !== undefined) return { is: "skip", reason: no };
  if (awaited !== undefined) return { is: "wait", until: Number.POSITIVE_INFINITY, because: awaited };
  const open = (): GateVerdict =>
    orders.pausedChannels.includes(channel)
      ? { is: "wait", until: at + gateLookAgainMs, because: "paused" }
      : { is: "go", channel, address, exposures: NO_EXPOSURES };
  if (sending === undefined) return open();
  const window = sending.windowOf(channel, intent.template);
  if (window !== undefined && Number.isNaN(profile.aggregate(window, at)))
    return { is: "skip", reason: "out_of_window" };
  for (const cap of sending.caps)
    if (reaches(cap, category, channel) && countSent(profile, message, cap, at) >= cap.count)
      return { is: "skip", reason: "pressure", cap };
  // Who has come is awake.
  if (isVisited(channel)) return open();
  let opensAt = at;
  const zone = sending.zoneOf(profile);
  for (const quiet of sending.quiet)
    if (reaches(quiet, category, channel)) opensAt = Math.max(opensAt, quietUntil(quiet, zone, at) ?? at);
  return opensAt > at ? { is: "wait", until: opensAt, because: "quiet hours" } : open();
}

/** What is not owed goes to nobody who has said no to it, or was never asked where one is to be. */
function noOf(
  category: string,
  { channel, to }: { readonly channel: Channel; readonly to: number },
  { profile, plan: { sending } }: GateView,
): "no_consent" | "unsubscribed" | undefined {
  if (category === TRANSACTIONAL) return undefined;
  const { answer } = consentOf(profile, category, channel);
  const unasked = sending?.unasked(category, channel) ?? "refused";
  if (answer === "refused" || (answer === "unasked" && unasked === "refused")) return "no_consent";
  const { ended } = profile.agenda;
  const saidNo = ended.some((past) => past.channel === channel && past.to === to && saysNo(past.became));
  return saidNo ? "unsubscribed" : undefined;
}

/** undefined: the customer is there, and so is a place for it. One message stands in a place at a time. */
function awaitedBy({ intent }: WaitingMessage, channel: VisitedChannel, view: GateView): Awaited | undefined {
  if (view.here?.includes(channel) !== true) return AWAITED[channel];
  if (channel !== "web") return undefined;
  const { waiting } = view.profile.agenda;
  const { slot: place = USUAL_SLOT } = intent;
  const isTaken = waiting.some(
    ({ underWay, intent: { slot = USUAL_SLOT } }) => underWay?.channel === "web" && slot === place,
  );
  return isTaken ? "its place" : undefined;
}

/** No such mailbox, not a mobile number: nothing reaches it any more. */
function isDead(became: string): boolean {
  return became === "bounced hard" || became === "rejected bad_address" || became === "rejected forbidden_address";
}

/** Whoever has the address does not want to hear from us, whatever the consent on record. */
function saysNo(became: string): boolean {
  return became === "complained" || became === "unsubscribed" || became === "rejected unsubscribed";
}

/** What went out within the cap's window, with what is going out now. */
function countSent(
  { agenda }: Profile,
  but: WaitingMessage["message"],
  cap: { readonly category: string | undefined; readonly channel: Channel | undefined; readonly windowMs: number },
  at: Instant,
): number {
  let count = 0;
  for (const past of agenda.ended)
    if (past.channel !== undefined && past.at > at - cap.windowMs && hasCounted(past))
      if (reaches(cap, past.category, past.channel)) count += 1;
  for (const { message, underWay, intent } of agenda.waiting)
    if (underWay !== undefined && message !== but && underWay.at > at - cap.windowMs)
      if (reaches(cap, intent.category, underWay.channel)) count += 1;
  return count;
}
