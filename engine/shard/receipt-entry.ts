/**
 * A receipt at its customer: what it does to the points, and its entry in the ledger. The points are counted first, so that
 * the receipt's own event tells them to every rule and message that it sets off; as a sale counts itself in the conditions of
 * bonuses, these are asked of a copy of the customer to whom it has happened already.
 */
import type { Bonus, EarnedInParts } from "../model/earning.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Loyalty } from "../model/loyalty.ts";
import type { Change, ProfileView } from "../model/plan.ts";
import { type Receipt, withPoints } from "../model/receipt.ts";
import { NO_WORDS, type TillMessages, type TillWords } from "../model/till-words.ts";
import {
  applyEvent,
  applyTransition,
  bindIdentifier,
  createProfile,
  decodeProfile,
  encodeProfile,
  type Profile,
  segmentEpoch,
} from "../profile/port.ts";
import { readerOf } from "./reader.ts";
import { type Account, accountOf, flagsOf, membersOf, valuesOfReceipt } from "./receipt-account.ts";
import type { Ticket } from "./showing.ts";
import type { Turn } from "./turn.ts";
import { viewAt } from "./view-at.ts";

const EVERYTHING: Change = Object.freeze({ kind: "everything" });

interface Customer {
  readonly id: ProfileId;
  /** As it was before the receipt; undefined: it begins with it. */
  readonly profile: Profile | undefined;
}

export interface CountedReceipt {
  /** Its event tells the points, where there is a loyalty rule. */
  readonly receipt: Receipt;
  readonly account: Account;
}

/** Changes and records nothing. @param of with `original`: the receipt that comes back, when it is known */
export function countReceipt(
  turn: Turn,
  receipt: Receipt,
  of: Customer & { readonly original: EarnedInParts | undefined },
): CountedReceipt {
  const { loyalty } = turn.shard.plan;
  const balance = of.profile?.points.balance ?? 0;
  const bonuses = bonusesFor(turn, receipt, of);
  const account = accountOf(receipt, { loyalty, bonuses, original: of.original, balance });
  if (loyalty === undefined) return { receipt, account };
  return { receipt: { ...receipt, event: withPoints(receipt.event, account) }, account };
}

function bonusesFor(turn: Turn, { facts, event }: Receipt, customer: Customer): readonly Bonus[] {
  const { plan } = turn.shard;
  if (facts.kind === "return" || plan.bonuses === undefined) return [];
  return plan.bonuses(customerAfter(turn, event, customer), turn.instant, event);
}

function customerAfter({ shard, instant }: Turn, event: Receipt["event"], { id, profile }: Customer): ProfileView {
  const { plan } = shard;
  const copy = profile === undefined ? createProfile(id, plan) : decodeProfile(encodeProfile(profile), plan, id);
  const [routing] = event.identifiers;
  if (profile === undefined && routing !== undefined) bindIdentifier(copy, routing, "bound");
  const change = applyEvent(copy, event, instant);
  // What time has changed since is looked at in the turn itself, too.
  const isDue = profile === undefined || profile.wakeUp <= instant;
  plan.evaluate(copy, isDue ? EVERYTHING : change, instant, (segment, entered) => {
    const name = plan.segments[segment] ?? "";
    applyTransition(copy, name, entered, segmentEpoch(copy, name) + (entered ? 1 : 0), instant);
  });
  return copy;
}

/**
 * Enters the receipt into the ledger, once its event is applied.
 *
 * @param counted with `ticket`: what messages add to the answer
 * @returns the members of the till's answer
 */
export function enterReceipt(
  turn: Turn,
  profile: Profile,
  { receipt, account, ticket }: CountedReceipt & { readonly ticket: Ticket | undefined },
): string {
  const own = wordsFor(turn, profile, receipt, account);
  const words = ticket?.behind(own) ?? own;
  const facts = { ...receipt.facts, flags: flagsOf(account, words) };
  const members = membersOf(facts, { account, words, points: turn.shard.plan.loyalty !== undefined });
  const { earned, reversed, eligible, parts, balance } = account;
  turn.emit({
    kind: "ledger",
    profile: profile.id,
    facts,
    points: earned - reversed,
    balance,
    earned,
    reversed,
    eligible,
    ...(parts && { parts }),
    answer: members,
  });
  return members;
}

/** A return is told what the rule says; a sale what its content rules choose for this customer now, products too. */
function messagesFor(
  turn: Turn,
  profile: Profile,
  { facts, effects, event }: Receipt,
  loyalty: Loyalty | undefined,
): TillMessages | undefined {
  if (loyalty === undefined || effects === "off") return undefined;
  if (facts.kind === "return") return loyalty.onReturn;
  const { print, show } = loyalty.sale;
  if (print === null && show === null) return undefined;
  const decisions = turn.shard.plan.decide(viewAt(turn.shard, profile, turn.instant), turn.instant, event);
  const [printed, shown] = [print, show].map((content) => decisions.find((decision) => decision.content === content));
  return {
    print: printed?.show ?? null,
    show: shown?.show ?? null,
    printProducts: printed?.products,
    showProducts: shown?.products,
  };
}

/** In the customer's language, or else the till's, of what is known of them now; what is recorded of it is told again as it is. */
function wordsFor(turn: Turn, profile: Profile, receipt: Receipt, account: Account): TillWords {
  const { plan } = turn.shard;
  const messages = messagesFor(turn, profile, receipt, plan.loyalty);
  if (messages === undefined || plan.tillWords === undefined) return NO_WORDS;
  const { language = receipt.language, zone } = readerOf(profile, plan);
  return plan.tillWords(messages, {
    language,
    zone,
    valuesOf: (template) => plan.messageValues?.(template, profile) ?? {},
    receipt: valuesOfReceipt(receipt.facts, account, plan.loyalty),
  });
}
