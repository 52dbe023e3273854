/**
 * The final account of a simulated run: once faults have stopped and everything has come to rest, what the engine shows
 * must be what the model of the promises says. Each check names one promise of the protocol.
 */
import type { Event } from "../../engine/model/event.ts";
import { type Identifier, cellKey } from "../../engine/model/identifier.ts";
import type { Instant, ProfileId, ShardId } from "../../engine/model/ids.ts";
import { splitBatch } from "../../engine/model/record-codec.ts";
import type { LedgerPart } from "../../engine/model/earning.ts";
import type { LedgerRecord } from "../../engine/model/record.ts";
import type { ProfileSummary } from "../../engine/shard/port.ts";
import { Claims } from "./claims.ts";
import { checkDeliveries } from "./delivery-oracle.ts";
import { checkSequences } from "./sequence-oracle.ts";
import { checkTriggers } from "./trigger-oracle.ts";
import { hex64, type Ledger, type SentEvent } from "./ledger.ts";
import type { MemoryHistory } from "./memory-history.ts";
import type { Provider } from "./provider.ts";
import { type Model, createModel } from "./model.ts";
import { type PlainEvent, type Variant, segmentsByBruteForce } from "./sample-rules.ts";
import type { Shown } from "./sender.ts";

export interface FinalRead {
  readonly identifier: Identifier;
  readonly profile: ProfileId | undefined;
  readonly view: ProfileSummary | undefined;
  /** As text. */
  readonly decisions: string;
  /** Earliest and latest instant for which the view may have been made. */
  readonly instants: readonly [Instant, Instant];
}

export interface FinalState {
  readonly ledger: Ledger;
  readonly history: MemoryHistory;
  readonly reads: readonly FinalRead[];
  /** What watchers had been shown last when everybody had been read. */
  readonly shown: readonly Shown[];
  /** The same before that, and at the end: messages come and expire all the time. */
  readonly shownThen: readonly Shown[];
  readonly plan: Variant;
  readonly provider: Pick<Provider, "taken">;
  /** True wall time. */
  readonly wallNow: Instant;
}

/** What was told final to senders, and what the engine shows in the end. Returns what is wrong, in words. */
export function judgeRun(state: FinalState): readonly string[] {
  const model = createModel(state.ledger.journals, state.ledger.excusedRecords > 0);
  return [
    ...model.problems,
    ...checkOwed(state),
    ...checkEvents(state, model),
    ...checkOrder(state, model),
    ...checkHistory(state),
    ...checkReads(state, model),
    ...checkReceipts(state, model),
    ...checkTriggers(state, model),
    ...checkSequences(state, model),
    ...checkDeliveries(state),
    ...checkPersons(state, model),
    ...checkWatches(state),
  ];
}

/** What an owner that lives on had acknowledged comes back to a store that went back in time. */
function checkOwed({ ledger }: FinalState): readonly string[] {
  return ledger.owed.map(
    ({ stored }) =>
      `shard ${stored.shard}@${stored.firstPosition} was lost by the store and not given back by its owner`,
  );
}

/** Acknowledged: in exactly one profile. Not acknowledged: in at most one. Refused: in none. */
function checkEvents({ ledger }: FinalState, model: Model): readonly string[] {
  const problems: string[] = [];
  const holders = new Map<string, ProfileId[]>();
  for (const [profile, held] of model.people)
    for (const { key } of held.values()) holders.set(key, [...(holders.get(key) ?? []), profile]);
  for (const event of ledger.events.values()) {
    // Nobody's receipt is in no profile: see checkReceipts.
    if (event.receipt?.customer === 0) continue;
    const in_ = holders.get(event.key) ?? [];
    const name = `${event.wire.messageId} of ${event.source}`;
    if (in_.length > 1) problems.push(`${name} is in ${in_.length} profiles: ${in_.join(", ")}`);
    if (event.told !== undefined && in_.length === 0 && !ledger.excused.has(event.key))
      problems.push(`${name} was acknowledged (${event.told}) and is in no profile`);
    // Sent more than once, an earlier sending may have been applied and its answer lost.
    if (event.refused !== undefined && in_.length > 0 && event.arrivals <= 1)
      problems.push(`${name} was refused (${event.refused}) and is in ${in_.join()}`);
  }
  return problems;
}

/** Events of one person on one lane are applied in the order in which they were sent. */
function checkOrder({ ledger }: FinalState, model: Model): readonly string[] {
  const problems: string[] = [];
  const applied = new Map(model.applied.map((entry) => [entry.key, entry]));
  const lanes = new Map<string, SentEvent[]>();
  for (const event of ledger.events.values()) {
    const [lane] = event.lanes;
    // Given to several lanes, it may have been applied by any.
    if (lane === undefined || event.lanes.length !== 1 || event.told === undefined) continue;
    // A return may have to ask history for its sale, and is then overtaken.
    if (event.receipt?.facts.kind === "return") continue;
    // A receipt keeps its order among those that name the customer alike.
    const { receipt, wire } = event;
    const [customer] = receipt?.event.identifiers ?? [];
    const person =
      customer === undefined ? (wire.anonymousId ?? wire.previousId ?? wire.userId) : `till ${cellKey(customer)}`;
    const profile = applied.get(event.key)?.profile;
    if (profile === undefined) continue;
    // One device in two hands sends events of two persons, between whom there is no order.
    const name = `${lane} ${person} ${model.rootOf(profile)}`;
    lanes.set(name, [...(lanes.get(name) ?? []), event]);
  }
  for (const events of lanes.values())
    for (const [index, event] of events.entries()) {
      const before = applied.get(events[index - 1]?.key ?? "");
      const after = applied.get(event.key);
      if (before === undefined || after === undefined) continue;
      // Known limit: who is sent on again and again, by merges that happen meanwhile, may be overtaken by the next.
      if ((events[index - 1]?.arrivals ?? 0) >= SENT_ON_OFTEN) continue;
      const sameShard = before.shard === after.shard;
      const inOrder = sameShard ? before.position < after.position : before.order < after.order;
      if (!inOrder && ledger.rewinds === 0)
        problems.push(
          `${event.wire.messageId} (s${after.shard}@${after.position}) is applied before ` +
            `${before.event.messageId} (s${before.shard}@${before.position}), which was sent first`,
        );
    }
  return problems;
}

/** History holds every journal, record by record, once. */
function checkHistory({ ledger, history }: FinalState): readonly string[] {
  const problems: string[] = [];
  for (const [shard, journal] of ledger.journals.entries()) {
    const rows = history.rows.get(shard as ShardId) ?? [];
    const records = journal.flatMap(({ stored }) => splitBatch(stored.bytes));
    if (rows.length !== records.length)
      problems.push(`history has ${rows.length} rows of shard ${shard}, its journal ${records.length} records`);
    for (const [index, row] of rows.entries()) {
      const record = records[index];
      if (record === undefined) break;
      if (row.position !== record.position || Buffer.compare(row.record, record.record) !== 0) {
        problems.push(`history and journal of shard ${shard} differ at position ${record.position}`);
        break;
      }
    }
  }
  return problems;
}

/** What is read is what brute force makes of the events that the person has. */
function checkReads({ ledger, reads, plan }: FinalState, model: Model): readonly string[] {
  const problems: string[] = [];
  for (const { identifier, profile, view, instants } of reads) {
    if (profile === undefined || view === undefined) continue;
    const name = `${cellKey(identifier)} (${profile})`;
    if (model.torn.has(profile)) continue;
    const held = model.people.get(profile);
    if (held === undefined) {
      if (ledger.excusedRecords === 0) problems.push(`${name} has no recorded event`);
      continue;
    }
    if (model.rootOf(profile) !== profile) problems.push(`${name} is read though it was absorbed`);
    const lacking = [...held]
      .filter(([digest]) => !view.applied.includes(digest))
      .map(([, { event }]) => event.messageId);
    // What a dead owner's shard lost may live on where it was absorbed before.
    const more = view.applied.filter((digest) => !held.has(digest));
    const extra = ledger.excusedRecords === 0 ? [] : more.flatMap((digest) => ledger.recordedOf(digest) ?? []);
    if (!ledger.mayHaveBeenForgotten && lacking.length + more.length - extra.length > 0)
      problems.push(`${name} lacks [${lacking.join()}] and shows ${more.length} events more`);
    const events: PlainEvent[] = [...[...held.values()].map(({ event }) => event), ...extra];
    const expected = instants.map((at) => [...segmentsByBruteForce(plan, events, at)].sort().join());
    const segments = [...view.segments].sort().join();
    if (!expected.includes(segments))
      problems.push(`${name} is in [${segments}], its ${events.length} events say [${expected[1]}]`);
  }
  return problems;
}

/**
 * A receipt has one ledger entry, or is kept as nobody's, or neither when it was refused; its till was told what was
 * recorded with it; and a balance is the sum of the entries of all that the person has been.
 */
function checkReceipts({ ledger, reads }: FinalState, model: Model): readonly string[] {
  const problems: string[] = [];
  const isWhole = ledger.excusedRecords === 0;
  const byDigest = new Map<string, LedgerRecord[]>();
  for (const entry of model.entries)
    byDigest.set(entry.facts.digest, [...(byDigest.get(entry.facts.digest) ?? []), entry]);
  for (const [digest, entries] of byDigest)
    if (entries.length > 1 && isWhole) problems.push(`receipt ${digest} has ${entries.length} ledger entries`);
  for (const event of ledger.events.values()) {
    if (event.receipt === undefined || event.told === undefined || ledger.excused.has(event.key)) continue;
    const { messageId } = event.wire;
    const entries = byDigest.get(event.digest) ?? [];
    const recorded =
      event.receipt.customer === 0 ? [model.unclaimed.get(event.digest)] : entries.map(({ answer }) => answer);
    if (recorded[0] === undefined && isWhole) problems.push(`${messageId} was acknowledged and is in no ledger`);
    if (event.members !== undefined && isWhole && !recorded.includes(event.members))
      problems.push(`${messageId} was told ${event.members}; recorded is ${recorded.join(" / ")}`);
  }
  for (const { points, earned, reversed, facts } of model.entries)
    if (points !== earned - reversed) problems.push(`the entry of ${facts.receiptId} does not foot`);
  for (const { event } of model.applied) {
    const entries = event.receipt === true ? (byDigest.get(hex64(event.digest)) ?? []) : [];
    if (entries.length > 0 && !entries.some((entry) => tellsPointsOf(event, entry)))
      problems.push(`the event of receipt ${event.messageId} tells other points than its entry`);
  }
  if (isWhole) problems.push(...checkParts(model.entries));
  for (const { profile, view } of reads) {
    if (profile === undefined || view === undefined || !isWhole) continue;
    const own = model.entries.filter((entry) => model.rootOf(entry.profile) === profile);
    const sum = own.reduce((total, { points }) => total + points, 0);
    if (view.points.balance !== sum || view.points.entries !== own.length)
      problems.push(
        `${profile} shows a balance of ${view.points.balance} by ${view.points.entries} receipts; its ${own.length} entries make ${sum}`,
      );
  }
  return problems;
}

/** As rules and messages read it. */
function tellsPointsOf({ fields }: Pick<Event, "fields">, { facts, earned, reversed, balance }: LedgerRecord): boolean {
  const changed = facts.kind === "sale" ? fields["points_earned"] === earned : fields["points_reversed"] === reversed;
  return changed && fields["points_balance"] === balance;
}

/** What returns took of a sale, rule by rule: never more than it had earned by that rule, and once all is back, all of it. */
function checkParts(entries: readonly LedgerRecord[]): readonly string[] {
  const problems: string[] = [];
  for (const sale of entries.filter(({ facts }) => facts.kind === "sale")) {
    const own = partsOf(sale);
    if (own.reduce((sum, part) => sum + part.earned, 0) !== sale.earned)
      problems.push(`the parts of ${sale.facts.receiptId} are not what it earned`);
    const returns = entries.filter(
      ({ facts }) => facts.refersTo === sale.facts.digest && !facts.flags.includes("unmatched_return"),
    );
    for (const [index, { rule, earned, eligible }] of own.entries()) {
      const back = returns.map((entry) => partsOf(entry)[index]);
      const [taken, amount] = [
        back.reduce((sum, part) => sum + (part?.reversed ?? 0), 0),
        back.reduce((sum, part) => sum + (part?.returned ?? 0), 0),
      ];
      if (taken > earned || (amount >= eligible && returns.length > 0 && taken !== earned))
        problems.push(
          `${sale.facts.receiptId} earned ${earned} by ${rule}, and ${amount} of ${eligible} back took ${taken}`,
        );
    }
  }
  return problems;
}

function partsOf({ facts, earned, reversed, eligible, parts }: LedgerRecord): readonly LedgerPart[] {
  const isReturn = facts.kind === "return";
  const whole = { rule: "points", earned, reversed };
  return parts ?? [{ ...whole, ...(isReturn ? { eligible: 0, returned: eligible } : { eligible, returned: 0 }) }];
}

/**
 * What was claimed with proof leads to one profile, unless two userIds stand against it; and nobody is one with somebody
 * whom no chain of proved claims connects them with.
 */
function checkPersons({ ledger, reads }: FinalState, model: Model): readonly string[] {
  const problems: string[] = [];
  const claims = new Claims();
  const profileOf = new Map(reads.map(({ identifier, profile }) => [cellKey(identifier) as string, profile]));
  const userOf = new Map<ProfileId, string>();
  for (const { profile, view } of reads) {
    const users = view?.identifiers.filter(({ kind }) => kind === "user") ?? [];
    const own = users.filter((user) => profileOf.get(cellKey(user)) === profile);
    if (profile === undefined || own.length === 0) continue;
    if (own.length > 1) problems.push(`${profile} goes by ${own.length} userIds`);
    userOf.set(profile, own[0]?.value ?? "");
  }
  for (const { event, profile } of model.applied) {
    const [first] = event.identifiers;
    if (first !== undefined) claims.join(cellKey(first), profile);
    if (!event.proved) continue;
    const mine = model.rootOf(profile);
    const said = event.identifiers.find(({ kind }) => kind === "user")?.value;
    // A scanned card of somebody else than was said: nothing is claimed.
    if (event.receipt === true && said !== undefined && said !== (userOf.get(mine) ?? said)) continue;
    for (const identifier of event.identifiers) {
      const key = cellKey(identifier);
      claims.join(key, profile);
      const theirs = profileOf.get(key);
      if (theirs === mine || ledger.excusedRecords > 0) continue;
      const [user, other] = [userOf.get(mine), theirs === undefined ? undefined : userOf.get(theirs)];
      if (theirs !== undefined && user !== undefined && other !== undefined && user !== other) continue;
      problems.push(`${key} was claimed with proof by ${mine} (${user}) and leads to ${theirs} (${other})`);
    }
  }
  const roots = new Map<ProfileId, string>();
  for (const { profile } of model.applied) {
    const root = model.rootOf(profile);
    const known = roots.get(root) ?? profile;
    roots.set(root, known);
    if (!claims.same(known, profile)) problems.push(`${known} and ${profile} were made one and nobody claimed it`);
  }
  return [...new Set(problems)];
}

/**
 * Arrivals at hosts of one event: its home, the person's, and one that a merge makes of it. Its home may have absorbed the
 * person already and not have bound its own cell to the winner yet; the next event then comes after that, and goes first.
 */
const SENT_ON_OFTEN = 3;

/** Whoever watches has been shown what was decided when everybody was read: by then, or by a push that was on its way. */
function checkWatches({ reads, shown, shownThen }: FinalState): readonly string[] {
  const decided = new Map(reads.map(({ identifier, decisions }) => [cellKey(identifier), decisions]));
  return shown.flatMap(({ identifier, decisions }) => {
    const now = decided.get(cellKey(identifier));
    const isThen = (then: Shown): boolean => cellKey(then.identifier) === cellKey(identifier) && then.decisions === now;
    return now === decisions || shownThen.some(isThen)
      ? []
      : [`who watches ${cellKey(identifier)} was last shown ${decisions}; decided is ${now}`];
  });
}
