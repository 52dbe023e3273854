/**
 * A till's receipt in a shard's turn, at two places. First at its own cell, which knows whether it was seen, with what
 * content and for whom: there a repetition is told from a conflict, whoever the customer was said to be, and nobody's
 * receipt is kept. With the cell's leave, recorded before it goes out, the receipt comes to its customer, who applies it
 * as an event, enters it into the ledger and remembers the answer. Whatever is lost between the two, the till repeats,
 * the cell gives leave again, and the customer tells whether it was applied.
 *
 * What neither remembers is asked of history, and the receipt waits for that alone (`turn.ask`); nobody waits behind it.
 */
import { busyRetryAfterMs, receiptSeenMsMax } from "../limits.ts";
import { cellKey } from "../model/identifier.ts";
import { slotOfCell } from "../model/hash.ts";
import { type Instant, type ProfileId, createProfileId, shardOfSlot } from "../model/ids.ts";
import type { EarnedInParts } from "../model/earning.ts";
import {
  MARK_WITHOUT_TIME,
  RECEIPT_AT_CELL,
  RECEIPT_NEW,
  RECEIPT_SEEN,
  RECEIPT_SEEN_LONG_AGO,
  RECEIPT_UNMARKED,
  type KnownReceipt,
  type Receipt,
  createReceiptMark,
  readReceiptMark,
  withPoints,
} from "../model/receipt.ts";
import { NO_WORDS } from "../model/till-words.ts";
import { type Profile, heldReceipt, judgeReceipt, withHeldReturns } from "../profile/port.ts";
import { isSameReceipt, isTimeOfArrival, mayHaveHadMark } from "./forgotten-marks.ts";
import { applyEvent, isOfAnotherUser } from "./ingest.ts";
import { aimOf, locate } from "./locate.ts";
import type { Answer, Problem, ToShard } from "./port.ts";
import { accountOfNothing, membersOf, pointsIn, valuesOfReceipt } from "./receipt-account.ts";
import { countReceipt, enterReceipt } from "./receipt-entry.ts";
import { decisionsFor, Ticket } from "./showing.ts";
import type { Queued, Turn } from "./turn.ts";

type EventMessage = Extract<ToShard, { kind: "event" }>;

/** What history said: `none`: nothing; `away`: it could not be asked. */
export type HistoryAnswer = KnownReceipt | "none" | "away";

interface Came {
  readonly message: EventMessage;
  readonly receipt: Receipt;
}

export function processReceipt(turn: Turn, queued: Queued, came: Came): "done" | "missing" {
  const { message, receipt } = came;
  return message.route <= RECEIPT_AT_CELL ? atCell(turn, queued, receipt) : atCustomer(turn, queued, came);
}

function atCell(turn: Turn, queued: Queued, receipt: Receipt): "done" | "missing" {
  const { shard, residents, instant } = turn;
  const { cell, content, customer, event } = receipt;
  if (receipt.training)
    return answerNobody(turn, queued, { receipt, members: nobodysMembers(turn, receipt), repeated: false });
  const home = shardOfSlot(slotOfCell(cell), residents.shards);
  const identifier = { kind: "anonymous", value: "" } as const;
  if (home !== shard.id)
    return turn.answer(queued, {
      is: "moved",
      shard: home,
      profile: undefined,
      identifier,
      route: RECEIPT_AT_CELL,
      reason: "home",
    });
  const known = residents.cell(shard, cell);
  if (known === undefined) return "missing";
  if (known === null && mayHaveHadMark(shard, receipt)) {
    const answered = withoutMark(turn, queued, receipt);
    if (answered !== undefined) return answered;
  }
  const mark = known === null ? undefined : readReceiptMark(known);
  if (mark !== undefined && mark.content !== content) return refuse(turn, queued, event.messageId, OTHER_CONTENT);
  const isSame = mark !== undefined && mark.customer === customer;
  if (mark !== undefined && !isSame && (mark.customer !== 0 || customer === 0))
    return refuse(turn, queued, event.messageId, OTHER_CUSTOMER);
  if (customer === 0) return isSame ? repeatNobody(turn, queued, receipt) : keepNobody(turn, queued, receipt);
  if (!isSame) {
    const created = createReceiptMark({ acceptedAt: markTime(turn, receipt), content, customer });
    turn.emit({ kind: "receipt", cell, mark: created, unclaimed: undefined });
  }
  const isLongAgo =
    mark !== undefined && (instant - mark.acceptedAt > receiptSeenMsMax || mark.acceptedAt === MARK_WITHOUT_TIME);
  return toCustomer(turn, queued, receipt, !isSame ? RECEIPT_NEW : isLongAgo ? RECEIPT_SEEN_LONG_AGO : RECEIPT_SEEN);
}

/** Leave to go on to the customer. */
function toCustomer(turn: Turn, queued: Queued, { event }: Receipt, route: number): "done" {
  const [routing] = event.identifiers;
  if (routing === undefined) throw new TypeError("a receipt of somebody names nobody");
  const shard = shardOfSlot(slotOfCell(cellKey(routing)), turn.residents.shards);
  return turn.answer(queued, { is: "moved", shard, profile: undefined, identifier: routing, route, reason: "home" });
}

/** A time by which a mark can be told to be old; none where the receipt may bear a later one when it comes again. */
function markTime({ instant }: Turn, { facts }: Receipt): Instant {
  return isTimeOfArrival(facts.flags) ? MARK_WITHOUT_TIME : instant;
}

/** One whose mark may be gone: history knows whether it was accepted. undefined: it was not, and is new. */
function withoutMark(turn: Turn, queued: Queued, receipt: Receipt): "done" | undefined {
  const { customer, event, facts } = receipt;
  const known = queued.known?.get(facts.digest);
  if (known === undefined) return turn.ask(queued, facts.digest);
  if (known === "away") return turn.answer(queued, { is: "busy", retryAfterMs: busyRetryAfterMs });
  if (known === "none") return undefined;
  if (!isSameReceipt(receipt, known)) return refuse(turn, queued, event.messageId, OTHER_CONTENT);
  if (customer === 0 && known.profile === undefined)
    return answerNobody(turn, queued, { receipt, members: known.answer, repeated: true });
  if (customer === 0) return refuse(turn, queued, event.messageId, OTHER_CUSTOMER);
  // Nobody's has found its customer; or it is repeated, and the customer's shard says whether it is the same one's.
  return known.profile === undefined ? undefined : toCustomer(turn, queued, receipt, RECEIPT_UNMARKED);
}

function keepNobody(turn: Turn, queued: Queued, receipt: Receipt): "done" {
  const { cell, content, event, facts } = receipt;
  const { name, timestamp, messageId, source, body } = event;
  const members = nobodysMembers(turn, receipt);
  turn.emit({
    kind: "receipt",
    cell,
    mark: createReceiptMark({ acceptedAt: markTime(turn, receipt), content, customer: 0 }),
    unclaimed: { facts, event: { name, timestamp, messageId, source, body }, answer: members },
  });
  return answerNobody(turn, queued, { receipt, members, repeated: false });
}

function repeatNobody(turn: Turn, queued: Queued, receipt: Receipt): "done" {
  const held = turn.shard.unclaimed.of(receipt.cell);
  if (held !== undefined) return answerNobody(turn, queued, { receipt, members: held, repeated: true });
  const { digest } = receipt.facts;
  const known = queued.known?.get(digest);
  if (known === undefined) return turn.ask(queued, digest);
  // It is in the journal, so history will have it soon.
  if (known === "none") return turn.answer(queued, { is: "busy", retryAfterMs: busyRetryAfterMs });
  const members = known === "away" ? laterMembers(receipt) : known.answer;
  return answerNobody(turn, queued, { receipt, members, repeated: true });
}

function nobodysMembers(turn: Turn, { facts, training, effects, language }: Receipt): string {
  const { plan } = turn.shard;
  const account = accountOfNothing(facts.flags);
  const names = training || effects === "off" || facts.kind === "return" ? undefined : plan.loyalty?.nobody;
  const receipt = valuesOfReceipt(facts, account, plan.loyalty);
  const reader = { language, zone: plan.zone.brand, valuesOf: () => ({}), receipt };
  const words = names === undefined ? undefined : plan.tillWords?.(names, reader);
  return membersOf(facts, { account, words: words ?? NO_WORDS, points: false });
}

function laterMembers({ facts }: Receipt): string {
  const account = accountOfNothing([...facts.flags, "points_later"]);
  return membersOf(facts, { account, words: NO_WORDS, points: false });
}

function answerNobody(
  turn: Turn,
  queued: Queued,
  told: { readonly receipt: Receipt; readonly members: string; readonly repeated: boolean },
): "done" {
  return turn.answer(queued, {
    is: "receipt",
    repeated: told.repeated,
    messageId: told.receipt.event.messageId,
    profile: undefined,
    resolved: true,
    members: told.members,
    decisions: undefined,
    plan: turn.shard.plan.digest,
  });
}

function atCustomer(turn: Turn, queued: Queued, came: Came): "done" | "missing" {
  const { message, receipt } = came;
  const { event, facts } = receipt;
  const aim = aimOf(event, message);
  if (aim === undefined) throw new TypeError("a receipt without a customer came to one");
  const place = locate(turn.shard, turn.residents, aim);
  switch (place.is) {
    case "missing":
      return "missing";
    case "moved":
      return turn.answer(queued, { ...place, route: message.route });
    case "absorbing":
      return turn.park(queued, place.profile);
    case "new":
    case "found":
      break;
  }
  const profile = place.is === "found" ? place.profile : undefined;
  if (profile !== undefined) turn.meetIfNew(profile);
  const judgement = profile === undefined ? "new" : judgeReceipt(profile, event);
  if (judgement === "known" && turn.planted.forgetsDuplicate !== true)
    return repeat(turn, queued, came, profile as Profile);
  const isDoubtful =
    message.route >= RECEIPT_SEEN_LONG_AGO || (message.route === RECEIPT_SEEN && judgement === "forgotten");
  if (isDoubtful) {
    const known = queued.known?.get(facts.digest);
    if (known === undefined) return turn.ask(queued, facts.digest);
    // Whether it was applied is known to history alone.
    if (known === "away") return turn.answer(queued, { is: "busy", retryAfterMs: busyRetryAfterMs });
    if (known !== "none") {
      const isTheirs = profile !== undefined && isOf(profile, known.profile);
      if (message.route === RECEIPT_UNMARKED && !isTheirs) return refuse(turn, queued, event.messageId, OTHER_CUSTOMER);
      return tell(turn, queued, { came, profile, members: known.answer, repeated: true });
    }
  }
  const original = originalOf(turn, queued, receipt, profile);
  if (original === "asked") return "done";
  if (original === "away") return turn.answer(queued, { is: "busy", retryAfterMs: busyRetryAfterMs });
  const id =
    profile?.id ??
    (place.is === "new" ? place.id : undefined) ??
    createProfileId(slotOfCell(cellKey(aim.routing)), turn.instant, turn.random.below(2 ** 40));
  const differs = profile !== undefined && isOfAnotherUser(profile, event);
  const flags = differs ? [...facts.flags, "customer_differs"] : facts.flags;
  const counted = countReceipt(turn, { ...receipt, facts: { ...facts, flags } }, { id, profile, original });
  turn.quiet = receipt.effects !== "on";
  const ticket = turn.quiet ? undefined : new Ticket(receipt.language);
  turn.ticket = ticket;
  const applied = applyEvent(turn, id, counted.receipt.event, profile === undefined);
  turn.ticket = undefined;
  turn.quiet = false;
  const members = enterReceipt(turn, applied, { ...counted, ticket });
  return tell(turn, queued, { came, profile: applied, members, repeated: false });
}

/** The receipt that comes back, if it is this customer's. */
function originalOf(
  turn: Turn,
  queued: Queued,
  { facts }: Receipt,
  profile: Profile | undefined,
): EarnedInParts | "asked" | "away" | undefined {
  const { refersTo } = facts;
  if (facts.kind !== "return" || refersTo === null) return undefined;
  const held = profile === undefined ? undefined : heldReceipt(profile.points, refersTo);
  if (held !== undefined) return held;
  // Who has no ledger has bought nothing.
  if (profile === undefined || profile.points.entries === 0) return undefined;
  const known = queued.known?.get(refersTo);
  if (known === undefined) {
    turn.ask(queued, refersTo);
    return "asked";
  }
  if (known === "none") return undefined;
  if (known === "away") return "away";
  return isOf(profile, known.profile) ? withHeldReturns(profile.points, refersTo, known) : undefined;
}

function isOf(profile: Profile, owner: ProfileId | undefined): boolean {
  return owner !== undefined && (owner === profile.id || profile.absorbed.includes(owner));
}

function repeat(turn: Turn, queued: Queued, came: Came, profile: Profile): "done" {
  const { receipt } = came;
  const { digest } = receipt.facts;
  const held = heldReceipt(profile.points, digest);
  if (held !== undefined) return tell(turn, queued, { came, profile, members: held.answer, repeated: true });
  const known = queued.known?.get(digest);
  if (known === undefined) return turn.ask(queued, digest);
  if (known === "none") return turn.answer(queued, { is: "busy", retryAfterMs: busyRetryAfterMs });
  const members = known === "away" ? laterMembers(receipt) : known.answer;
  return tell(turn, queued, { came, profile, members, repeated: true });
}

function tell(
  turn: Turn,
  queued: Queued,
  told: {
    readonly came: Came;
    readonly profile: Profile | undefined;
    readonly members: string;
    readonly repeated: boolean;
  },
): "done" {
  const { came, profile, members, repeated } = told;
  const { message, receipt } = came;
  const { shard, instant } = turn;
  const points = message.decide && profile !== undefined ? pointsIn(members) : undefined;
  const atHand = points === undefined ? receipt.event : withPoints(receipt.event, points);
  const answer: Answer = {
    is: "receipt",
    repeated,
    messageId: receipt.event.messageId,
    profile: profile?.id,
    resolved: profile?.identifiers.some(({ state }) => state === "pending") !== true,
    members,
    decisions: message.decide && profile !== undefined ? decisionsFor(shard, profile, instant, atHand) : undefined,
    plan: shard.plan.digest,
  };
  return turn.answer(queued, answer);
}

function refuse(turn: Turn, queued: Queued, messageId: string, problem: Problem): "done" {
  return turn.answer(queued, { is: "refused", messageId, problem });
}

const OTHER_CONTENT: Problem = {
  code: "receipt_conflict",
  field: "/receiptId",
  message:
    "a receipt of this number, store and till was sent before with another content: a receipt's number is used once",
};
const OTHER_CUSTOMER: Problem = {
  code: "receipt_conflict",
  field: "/customer",
  message: "this receipt was sent before for another customer: what was entered for one cannot become another's",
};
