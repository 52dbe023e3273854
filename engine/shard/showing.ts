/**
 * What triggers send to a page and to a till, in a shard's turn: by these nobody is called, and the customer comes.
 *
 * On a page a message here: waiting (in the agenda, until the customer is there and its gates are open) -> on show (an attempt
 * is recorded; from then on every decision for this person has it, however often the page is loaded or the answer is lost) ->
 * accepted, when a page says by an event that it was shown; or `unknown` when it expires before that, as a page may have shown
 * it and not said so; or taken back, when its reader says no meanwhile, or what it shows is too old to be kept. So it is never
 * lost on its way, and counted once.
 *
 * At a till it is part of a receipt's answer: attempt, outcome and answer are one batch, and the answer is repeated as it is.
 */
import { endOf, type GateVerdict, type GateView, takenBack } from "../deliver/port.ts";
import { receiptAddedLinesMax } from "../limits.ts";
import { type Event, MESSAGE_SHOWN_EVENT } from "../model/event.ts";
import { hashText } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { type CallOutcome, type Outcome, type SkippedReason, USUAL_SLOT } from "../model/message.ts";
import type { Decision, EventAtHand } from "../model/plan.ts";
import type { TillWords } from "../model/till-words.ts";
import type { Profile, WaitingMessage } from "../profile/port.ts";
import { end, endLosersTo } from "./ending.ts";
import { recordExposures } from "./exposing.ts";
import { readerOf } from "./reader.ts";
import { viewAt } from "./view-at.ts";
import type { Shard } from "./shard.ts";
import type { Turn } from "./turn.ts";

type Go = Extract<GateVerdict, { is: "go" }>;

const ACCEPTED: CallOutcome = { is: "accepted", providerId: undefined };

/** What is decided for a person now: every content, and behind them the messages that are on show. */
export function decisionsFor(shard: Shard, profile: Profile, at: Instant, event?: EventAtHand): readonly Decision[] {
  const decided = shard.plan.decide(viewAt(shard, profile, at), at, event);
  const { waiting: held } = profile.agenda;
  // Of nearly everybody none waits, and a plan's own list is known again on its way.
  if (held.length === 0) return decided;
  const messages = held.flatMap((waiting) => messageOnShow(shard, profile, waiting) ?? []);
  return messages.length === 0 ? decided : [...decided, ...messages];
}

function messageOnShow({ plan }: Shard, profile: Profile, waiting: WaitingMessage): Decision | undefined {
  const { message, intent, underWay } = waiting;
  const { slot = USUAL_SLOT, template } = intent;
  if (underWay?.channel !== "web") return undefined;
  const said = plan.pageMessage?.(intent, profile) ?? { is: "sayable" };
  if (said.is !== "sayable") return undefined;
  const { values, event } = said;
  return {
    content: slot,
    show: template,
    choice: 0,
    message,
    ...(values !== undefined && { values }),
    ...(event !== undefined && { event }),
  };
}

/** Its gates are open and the customer is there. */
export function putOnShow(turn: Turn, waiting: WaitingMessage, view: GateView, { address, exposures }: Go): void {
  const { shard } = turn;
  const { profile } = view;
  const { message, trigger, intent, attempts } = waiting;
  const said = shard.plan.pageMessage?.(intent, profile);
  if (said?.is === "unrenderable") return end(turn, profile, waiting, unrenderable(said));
  endLosersTo(turn, waiting, view);
  recordExposures(turn, profile, exposures);
  const attempt = attempts + 1;
  turn.emit({ kind: "attempt", profile: profile.id, message, trigger, channel: "web", attempt, to: hashText(address) });
  const held = profile.agenda.waiting.find((each) => each.message === message);
  if (held !== undefined) sleepUntilItsEnd(turn, profile, held);
  turn.showAnew(profile);
}

/** Looks at one that is on show, whenever its profile is awake. */
export function lookAtShown(turn: Turn, waiting: WaitingMessage, view: GateView): void {
  const { profile, at } = view;
  if (at > endOf(waiting)) return concludeShown(turn, profile, waiting, { is: "unknown", reason: "no_answer" });
  const reason = takenBack(waiting, view);
  if (reason !== undefined) return takeOffPage(turn, profile, waiting, reason);
  if (waiting.due <= at) sleepUntilItsEnd(turn, profile, waiting);
}

/** One that is on show, and is not to be seen any more. */
export function takeOffPage(turn: Turn, profile: Profile, waiting: WaitingMessage, reason: SkippedReason): void {
  concludeShown(turn, profile, waiting, { is: "skipped", reason });
}

/** What a page says that it has shown; said again, or of what is not on show, it changes nothing. */
export function noteShown(turn: Turn, profile: Profile, { name, fields }: Event): void {
  if (name !== MESSAGE_SHOWN_EVENT) return;
  const { message } = fields;
  const held = profile.agenda.waiting.find((each) => each.message === message && each.underWay?.channel === "web");
  if (held !== undefined) concludeShown(turn, profile, held, ACCEPTED);
}

function concludeShown(turn: Turn, profile: Profile, waiting: WaitingMessage, outcome: Outcome): void {
  const { message, trigger, attempts: attempt } = waiting;
  turn.emit({ kind: "outcome", profile: profile.id, message, trigger, channel: "web", attempt, outcome });
  turn.showAnew(profile);
}

/** By no record: after a crash it is looked at once, and sleeps on. */
function sleepUntilItsEnd({ shard }: Turn, profile: Profile, waiting: WaitingMessage): void {
  waiting.due = endOf(waiting) + 1;
  shard.touch(profile);
  shard.addDelivery(profile);
}

/** What messages add to the answer to one receipt. */
export class Ticket {
  /** The till's; a customer's own goes first. */
  readonly language: string | undefined;
  #print: readonly string[] = [];
  #show: readonly string[] = [];
  #screen: string | undefined;

  constructor(language: string | undefined) {
    this.language = language;
  }

  /** @returns false where paper or screen have no room for it any more */
  add({ print, show, screen }: Pick<TillWords, "print" | "show" | "screen">): boolean {
    const [printed, shown] = [
      [...this.#print, ...print],
      [...this.#show, ...show],
    ];
    if (Math.max(printed.length, shown.length) > receiptAddedLinesMax) return false;
    this.#print = printed;
    this.#show = shown;
    if (screen !== undefined && screen !== "") this.#screen = (this.#screen ?? "") + screen;
    return true;
  }

  /** Behind what the till says by itself. */
  behind(words: TillWords): TillWords {
    const { print, show, screen } = words;
    return {
      ...words,
      print: [...print, ...this.#print],
      show: [...show, ...this.#show],
      screen: this.#screen === undefined ? screen : (screen ?? "") + this.#screen,
    };
  }
}

/** Its gates are open and the customer stands at the till. What this receipt has no room for waits for the next. */
export function sayAtTill(turn: Turn, waiting: WaitingMessage, view: GateView, { address, exposures }: Go): void {
  const { shard, ticket } = turn;
  const { profile } = view;
  const { plan } = shard;
  const { message, trigger, intent, attempts } = waiting;
  const { language = ticket?.language, zone } = readerOf(profile, plan);
  const said = plan.tillMessage?.(intent, {
    language,
    zone,
    valuesOf: (template) => plan.messageValues?.(template, profile) ?? {},
  });
  if (said?.is === "unrenderable") return end(turn, profile, waiting, unrenderable(said));
  if (said !== undefined && ticket?.add(said) !== true) return;
  endLosersTo(turn, waiting, view);
  recordExposures(turn, profile, exposures);
  const of = { profile: profile.id, message, trigger, channel: "loyalty", attempt: attempts + 1 } as const;
  turn.emit({ kind: "attempt", ...of, to: hashText(address) });
  turn.emit({ kind: "outcome", ...of, outcome: ACCEPTED });
}

function unrenderable({ field, because }: Pick<Extract<Outcome, { is: "skipped" }>, "field" | "because">): Outcome {
  return { is: "skipped", reason: "unrenderable", field, because };
}
