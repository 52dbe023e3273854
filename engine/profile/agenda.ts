/**
 * What a profile has to be sent, and what has become of what was: the agenda of messages that wait or are under way, and the
 * latest of those that have ended. Part of a profile's fold, changed by `decided`, `attempt` and `outcome` records and by
 * merges; only `due`, the instant at which a message is looked at next, is the caller's, as a wake-up is.
 *
 * A message here: waiting -> under way (an attempt without outcome) -> waiting again, or ended.
 */
import { endedPerKindMax, endedQuietMax, endedSentMax } from "../limits-of-delivery.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { type Channel, isVisited, type Outcome } from "../model/message.ts";
import type { AttemptRecord, DecidedRecord, OutcomeRecord } from "../model/record.ts";
import type { MessageId, SendIntent } from "../model/trigger.ts";

export interface WaitingMessage {
  readonly message: MessageId;
  readonly trigger: string;
  /** For whom it was decided. */
  readonly of: ProfileId;
  /** When its trigger was due. */
  readonly at: Instant;
  /** When it was decided. */
  readonly since: Instant;
  readonly intent: SendIntent;
  /** Attempts until now, the one under way among them. */
  readonly attempts: number;
  readonly underWay: UnderWay | undefined;
  /** When it is looked at next. Not part of the fold: it may be put off by no record, and is looked at anew after a crash. */
  due: Instant;
}

export interface UnderWay {
  readonly channel: Channel;
  readonly at: Instant;
  /** Whose owner made it; another profile's where that one was absorbed meanwhile. */
  readonly by: ProfileId;
  /** hashText of the address. */
  readonly to: number;
}

export interface EndedMessage {
  readonly message: MessageId;
  readonly trigger: string;
  readonly category: string;
  /** undefined: none was called for. */
  readonly channel: Channel | undefined;
  /** hashText of the address; 0: there was none. */
  readonly to: number;
  /** Of its last attempt, or of its end where there was none. */
  readonly at: Instant;
  readonly attempts: number;
  readonly became: Became;
  /** Of the last record about it. */
  readonly told: Instant;
  /** Of one that has come to nothing, or nobody knows to what: what it takes to send it once more. */
  readonly dead: DeadLetter | undefined;
}

export type DeadLetter = Pick<WaitingMessage, "of" | "at" | "since" | "intent">;

/** The latest outcome, as `skipped pressure`, `skipped unrenderable first_name: too long` or `rejected bad_address`. */
export type Became = string;

export interface Agenda {
  /** In the order in which they were decided, then of message. */
  readonly waiting: readonly WaitingMessage[];
  /** In the order of `at`, then of message. */
  readonly ended: readonly EndedMessage[];
}

export const NO_AGENDA: Agenda = Object.freeze({ waiting: Object.freeze([]), ended: Object.freeze([]) });

export function enterDecided(agenda: Agenda, record: DecidedRecord, instant: Instant): Agenda {
  const { message, trigger, profile, at, intent } = record;
  if (knows(agenda, message)) return agenda;
  const entered: WaitingMessage = {
    message,
    trigger,
    of: profile,
    at,
    since: instant,
    intent,
    attempts: 0,
    underWay: undefined,
    due: instant + intent.competesForMs,
  };
  return { ...agenda, waiting: sorted([...agenda.waiting, entered]) };
}

export function enterAttempt(agenda: Agenda, record: AttemptRecord, instant: Instant): Agenda {
  const { message, profile, channel, attempt, to } = record;
  const underWay = { channel, at: instant, by: profile, to };
  return withWaiting(agenda, message, (held) => ({ ...held, attempts: attempt, underWay, due: instant }));
}

export function enterOutcome(agenda: Agenda, record: OutcomeRecord, instant: Instant): Agenda {
  const { message, again, outcome } = record;
  const held = agenda.waiting.find((each) => each.message === message);
  if (held === undefined)
    return again === undefined
      ? { ...agenda, ended: reported(agenda.ended, record, instant) }
      : revived(agenda, message, again);
  if (again !== undefined)
    return withWaiting(agenda, message, (each) => ({ ...each, underWay: undefined, due: again }));
  const { underWay } = held;
  const end: EndedMessage = {
    message,
    trigger: held.trigger,
    category: held.intent.category,
    channel: underWay?.channel ?? record.channel,
    to: underWay?.to ?? 0,
    at: underWay?.at ?? instant,
    attempts: held.attempts,
    became: becameOf(outcome),
    told: instant,
    dead: isDead(outcome) ? { of: held.of, at: held.at, since: held.since, intent: held.intent } : undefined,
  };
  return {
    waiting: agenda.waiting.filter((each) => each !== held),
    ended: latest([...agenda.ended, end]),
  };
}

/** An operator has it tried once more. */
function revived(agenda: Agenda, message: MessageId, again: Instant): Agenda {
  const held = agenda.ended.find((each) => each.message === message);
  if (held?.dead === undefined) return agenda;
  const { trigger, attempts, dead } = held;
  return {
    waiting: sorted([...agenda.waiting, { ...dead, message, trigger, attempts, underWay: undefined, due: again }]),
    ended: agenda.ended.filter((each) => each !== held),
  };
}

function isDead({ is }: Outcome): boolean {
  return is === "failed" || is === "throttled" || is === "unknown";
}

/** Those that have come to nothing, and of which nothing was heard since. */
export function deadBefore({ ended }: Agenda, before: Instant): readonly EndedMessage[] {
  return ended.filter(({ dead, told }) => dead !== undefined && told < before);
}

/** Those that show something of the event that has set them off, and that could still be sent, or seen. */
export interface Showing {
  /** Not those that are under way to a provider: they end by themselves. */
  readonly waiting: readonly WaitingMessage[];
  readonly ended: readonly EndedMessage[];
}

/** @param before by the names of events: those that happened before are too old */
export function showingTooOld({ waiting, ended }: Agenda, before: Readonly<Record<string, Instant>>): Showing {
  const isTooOld = ({ at, intent: { eventName } }: Pick<DeadLetter, "at" | "intent">): boolean =>
    eventName !== undefined && at < (before[eventName] ?? Number.NEGATIVE_INFINITY);
  return {
    waiting: waiting.filter((each) => {
      const isCalled = each.underWay !== undefined && !isVisited(each.underWay.channel);
      return !isCalled && isTooOld(each);
    }),
    ended: ended.filter(({ dead }) => dead !== undefined && isTooOld(dead)),
  };
}

/** Of two profiles that become one: what one of them has ended is not sent again by the other. */
export function uniteAgendas(ours: Agenda, theirs: Agenda): Agenda {
  if (theirs === NO_AGENDA) return ours;
  const isOver = (message: MessageId): boolean =>
    ours.ended.some((each) => each.message === message) || theirs.ended.some((each) => each.message === message);
  const news = theirs.waiting.filter(({ message }) => !ours.waiting.some((each) => each.message === message));
  const endedNews = theirs.ended.filter(({ message }) => !ours.ended.some((each) => each.message === message));
  return {
    waiting: sorted([...ours.waiting, ...news].filter(({ message }) => !isOver(message))),
    ended: latest([...ours.ended, ...endedNews]),
  };
}

/** The latest word on an outcome, as it is kept and shown. */
export function becameOf(outcome: Outcome): Became {
  switch (outcome.is) {
    case "skipped": {
      const { reason, field, because = "unknown" } = outcome;
      return field === undefined ? `skipped ${reason}` : `skipped ${reason} ${field}: ${because}`;
    }
    case "rejected":
    case "failed":
    case "unknown":
      return `${outcome.is} ${outcome.reason}`;
    case "bounced":
      return `bounced ${outcome.kind}`;
    default:
      return outcome.is;
  }
}

/** Whether it reached the customer, or may have: what pressure counts. */
export function hasCounted({ became, channel }: Pick<EndedMessage, "became" | "channel">): boolean {
  return channel !== undefined && !/^(?:skipped|rejected|failed|throttled|not called)/.test(became);
}

export function dueOf({ waiting }: Agenda): Instant {
  let due = Number.POSITIVE_INFINITY;
  for (const each of waiting) due = Math.min(due, each.due);
  return due;
}

function knows({ waiting, ended }: Agenda, message: MessageId): boolean {
  return waiting.some((each) => each.message === message) || ended.some((each) => each.message === message);
}

function withWaiting(agenda: Agenda, message: MessageId, change: (held: WaitingMessage) => WaitingMessage): Agenda {
  const at = agenda.waiting.findIndex((each) => each.message === message);
  const held = agenda.waiting[at];
  return held === undefined ? agenda : { ...agenda, waiting: agenda.waiting.with(at, change(held)) };
}

/** How far a message has come: what is told later than it happened does not undo what is known. */
const RANK: readonly string[] = ["unknown", "accepted", "delivered", "opened", "clicked", "bounced", "unsubscribed"];

function rankOf(became: Became): number {
  const word = became.split(" ", 1)[0] ?? "";
  return word === "complained" ? RANK.length : RANK.indexOf(word);
}

/** The message, if it is known and this says more of it than is known; undefined: nothing is to be recorded. */
export function isNewOutcome(
  { waiting, ended }: Agenda,
  message: MessageId,
  outcome: Outcome,
): Pick<EndedMessage, "trigger" | "attempts"> | undefined {
  const held = waiting.find((each) => each.message === message);
  if (held !== undefined) return rankOf(becameOf(outcome)) < 0 ? undefined : held;
  const over = ended.find((each) => each.message === message);
  return over !== undefined && rankOf(becameOf(outcome)) > rankOf(over.became) ? over : undefined;
}

function reported(ended: Agenda["ended"], { message, outcome }: OutcomeRecord, instant: Instant): Agenda["ended"] {
  const at = ended.findIndex((each) => each.message === message);
  const held = ended[at];
  const became = becameOf(outcome);
  if (held === undefined) return ended;
  const isGivenUp = held.dead !== undefined && outcome.is === "skipped";
  if (!isGivenUp && rankOf(became) <= rankOf(held.became)) return ended;
  return ended.with(at, { ...held, became, told: instant, dead: undefined });
}

function sorted(waiting: readonly WaitingMessage[]): readonly WaitingMessage[] {
  return waiting.toSorted((a, b) => a.since - b.since || (a.message < b.message ? -1 : 1));
}

/** Of those that went out the latest of each kind, as caps count them; of the rest the latest few, for people to see. */
function latest(ended: readonly EndedMessage[]): readonly EndedMessage[] {
  const inOrder = ended.toSorted((a, b) => a.at - b.at || (a.message < b.message ? -1 : 1));
  const counts = new Map<string, number>();
  const kept: EndedMessage[] = [];
  let sent = 0;
  let quiet = 0;
  for (const each of inOrder.toReversed()) {
    if (!hasCounted(each)) {
      if ((quiet += 1) <= endedQuietMax) kept.push(each);
      continue;
    }
    const kind = `${each.category} ${each.channel}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count <= endedPerKindMax && (sent += 1) <= endedSentMax) kept.push(each);
  }
  return kept.reverse();
}
