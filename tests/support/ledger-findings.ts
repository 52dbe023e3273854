/**
 * What a ledger says must be in history and in every profile, and what of them contradicts it. Pure; exactly-once.ts fetches
 * both from running engines and their databases.
 */
import { LANES } from "./counting-rules.ts";
import type { LaneCounts, Person } from "./counting-rules.ts";
import type { EventLedger, SentEvent, Visitor } from "./event-ledger.ts";
import type { HistoryRows } from "./history-rows.ts";

/** What of history contradicts the ledger; nothing, when all is well. Events of other loads may be in it, too. */
export function findingsOfHistory(ledger: EventLedger, history: HistoryRows): readonly string[] {
  const { events } = history;
  const findings = [...history.enteredTwice];
  for (const { messageId, state, lane } of ledger.events.values()) {
    const rows = events.get(messageId) ?? 0;
    if (rows > 1 || (rows === 0 && state === "acknowledged"))
      findings.push(
        `${messageId} (${lane === undefined ? "identify" : "step"}), ${state}, is in history ${rows} times`,
      );
  }
  for (const messageId of ledger.refusedIds)
    if (events.has(messageId)) findings.push(`${messageId}, refused for good, is in history`);
  for (const messageId of events.keys())
    if (messageId.startsWith(`${ledger.name}-`) && !ledger.events.has(messageId) && !ledger.refusedIds.has(messageId))
      findings.push(`${messageId} is in history, and nobody sent it`);
  for (const { shard, rows, positions, last } of history.shards)
    if (rows !== last || positions !== last)
      findings.push(`shard ${shard} has ${rows} rows at ${positions} positions up to ${last}`);
  return findings;
}

export interface ExpectedCounts {
  readonly person: Person;
  readonly counts: LaneCounts;
}

/**
 * Who is to be read, by every name, with the counts that `countOf` gives each event: a user has the steps of all visitors
 * who turned out to be that user, and each of these visitors has them too.
 */
export function countsOf(ledger: EventLedger, countOf: (event: SentEvent) => number): readonly ExpectedCounts[] {
  const identified = new Set<Visitor>();
  for (const event of ledger.events.values())
    if (event.lane === undefined && event.state === "acknowledged") identified.add(event.visitor);
  const nameOf = ({ anonymousId, userId }: Visitor, known: boolean): string =>
    known && userId !== undefined ? `user ${userId}` : `visitor ${anonymousId}`;
  const counts = new Map<string, number[]>();
  for (const event of ledger.events.values()) {
    const name = nameOf(event.visitor, identified.has(event.visitor));
    let lanes = counts.get(name);
    if (lanes === undefined) counts.set(name, (lanes = Array.from({ length: LANES }, () => 0)));
    if (event.lane !== undefined) lanes[event.lane] = (lanes[event.lane] ?? 0) + countOf(event);
  }
  const named = new Set<string>();
  return ledger.visitors.flatMap((visitor) => {
    const { anonymousId, userId } = visitor;
    const isKnown = identified.has(visitor);
    const own = counts.get(nameOf(visitor, isKnown));
    if (own === undefined) return [];
    const byVisitor = { person: { anonymousId }, counts: own };
    if (!isKnown || userId === undefined || named.has(userId)) return [byVisitor];
    named.add(userId);
    return [byVisitor, { person: { userId }, counts: own }];
  });
}

/** What a profile shows and should not; undefined when it is as expected. */
export function differenceOf({ person, counts }: ExpectedCounts, found: LaneCounts): string | undefined {
  if (counts.every((count, lane) => found[lane] === count)) return undefined;
  return `${person.userId ?? person.anonymousId}: [${found.join(" ")}] instead of [${counts.join(" ")}]`;
}
