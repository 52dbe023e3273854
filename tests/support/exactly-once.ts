/**
 * The proof at the end of a fault run: what the ledger says was acknowledged is in history once and in its profile once;
 * what was refused for good is nowhere; what was given up is there at most once. History is read from its own file or
 * database after a clean stop; profiles are read from the running engines, and again after a start from what was stored.
 */
import { expect } from "vitest";
import { LANES, readLaneCounts } from "./counting-rules.ts";
import type { LaneCounts, Person } from "./counting-rules.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { EventLedger, SentEvent, Visitor } from "./event-ledger.ts";
import type { HistoryRows } from "./history-rows.ts";
import type { LedgerClient } from "./ledger-client.ts";
import { until } from "./waiting.ts";

const READS_AT_ONCE = 16;
/** Findings that a failure shows of each kind. */
const SHOWN = 12;

export interface FaultRun {
  readonly client: LedgerClient;
  /** Running; all of one store. */
  readonly engines: readonly EngineProcess[];
  /** Called when no engine runs. */
  readonly readHistory: () => Promise<HistoryRows>;
}

/** Ends the run: settles the client, stops the engines cleanly, starts them again to read, and leaves them running. */
export async function expectExactlyOnce({ client, engines, readHistory }: FaultRun): Promise<void> {
  const { ledger } = client;
  await client.settle();
  client.close();
  expect(ledger.faults.slice(0, SHOWN), ledger.summary()).toEqual([]);
  await untilMerged(engines, ledger);
  for (const engine of engines) await engine.drain();
  for (const engine of engines) expect(await engine.stop(), engine.output()).toBe(0);

  const history = await readHistory();
  expect(findingsOfHistory(ledger, history).slice(0, SHOWN), ledger.summary()).toEqual([]);

  await Promise.all(engines.map((engine) => engine.start()));
  const expected = countsBy(ledger, (event) => (history.events.has(event.messageId) ? 1 : 0));
  for (const engine of engines) expect((await differences(engine, expected)).slice(0, SHOWN)).toEqual([]);
}

function findingsOfHistory(ledger: EventLedger, history: HistoryRows): readonly string[] {
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
    if (!ledger.events.has(messageId)) findings.push(`${messageId} is in history, and nobody sent it`);
  for (const { shard, rows, positions, last } of history.shards)
    if (rows !== last || positions !== last)
      findings.push(`shard ${shard} has ${rows} rows at ${positions} positions up to ${last}`);
  return findings;
}

interface Expected {
  readonly person: Person;
  readonly counts: LaneCounts;
}

/**
 * Who is to be read, by every name, with the counts that `countOf` gives each event: a user has the steps of all visitors
 * who turned out to be that user, and each of these visitors has them too.
 */
function countsBy(ledger: EventLedger, countOf: (event: SentEvent) => number): readonly Expected[] {
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
  return ledger.visitors.flatMap((visitor) => {
    const { anonymousId, userId } = visitor;
    const isKnown = identified.has(visitor);
    const own = counts.get(nameOf(visitor, isKnown));
    if (own === undefined) return [];
    const byVisitor = { person: { anonymousId }, counts: own };
    return isKnown && userId !== undefined ? [byVisitor, { person: { userId }, counts: own }] : [byVisitor];
  });
}

/**
 * Merges go on after their identify was answered (`resolved` was false then): waits until every person has at least what
 * was acknowledged. That nobody has more is seen at the end, when history tells what became of the events given up.
 */
async function untilMerged(engines: readonly EngineProcess[], ledger: EventLedger): Promise<void> {
  const expected = countsBy(ledger, (event) => (event.state === "acknowledged" ? 1 : 0));
  for (const engine of engines) {
    let missing: readonly Expected[] = expected;
    let last = "";
    await until(
      () => `every profile has what was acknowledged; ${missing.length} do not, such as ${last}\n${engine.output()}`,
      async () => {
        const counts = await readAll(engine, missing);
        missing = missing.filter((entry, index) => {
          const found = counts[index] ?? [];
          const lacks = entry.counts.some((count, lane) => (found[lane] ?? 0) < count);
          if (lacks) last = differenceText(entry, found);
          return lacks;
        });
        return missing.length === 0;
      },
    );
  }
}

async function differences(engine: EngineProcess, expected: readonly Expected[]): Promise<readonly string[]> {
  const counts = await readAll(engine, expected);
  return expected.flatMap((entry, index) => {
    const found = counts[index] ?? [];
    return entry.counts.every((count, lane) => found[lane] === count) ? [] : [differenceText(entry, found)];
  });
}

function differenceText({ person, counts }: Expected, found: LaneCounts): string {
  return `${person.userId ?? person.anonymousId}: [${found.join(" ")}] instead of [${counts.join(" ")}]`;
}

async function readAll(engine: EngineProcess, expected: readonly Expected[]): Promise<readonly LaneCounts[]> {
  const counts: LaneCounts[] = [];
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let at = next++; at < expected.length; at = next++) {
      const person = expected[at]?.person ?? {};
      await until("a profile is read", async () => {
        const read = await readLaneCounts(engine, person);
        if (read !== "busy") counts[at] = read;
        return read !== "busy";
      });
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, reader));
  return counts;
}
