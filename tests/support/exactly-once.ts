/**
 * The proof at the end of a fault run: what the ledger says was acknowledged is in history once and in its profile once;
 * what was refused for good is nowhere; what was given up is there at most once. History is read from its own file or
 * database after a clean stop; profiles are read from the running engines, and again after a start from what was stored.
 */
import { expect } from "vitest";
import { readLaneCounts } from "./counting-rules.ts";
import type { LaneCounts } from "./counting-rules.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { EventLedger } from "./event-ledger.ts";
import type { HistoryRows } from "./history-rows.ts";
import type { LedgerClient } from "./ledger-client.ts";
import { countsOf, differenceOf, findingsOfHistory } from "./ledger-findings.ts";
import type { ExpectedCounts } from "./ledger-findings.ts";
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
  const expected = countsOf(ledger, (event) => (history.events.has(event.messageId) ? 1 : 0));
  for (const engine of engines) expect((await differences(engine, expected)).slice(0, SHOWN)).toEqual([]);
}

/**
 * Merges go on after their identify was answered (`resolved` was false then): waits until every person has at least what
 * was acknowledged. That nobody has more is seen at the end, when history tells what became of the events given up.
 */
async function untilMerged(engines: readonly EngineProcess[], ledger: EventLedger): Promise<void> {
  const expected = countsOf(ledger, (event) => (event.state === "acknowledged" ? 1 : 0));
  for (const engine of engines) {
    let missing: readonly ExpectedCounts[] = expected;
    let last = "";
    await until(
      () => `every profile has what was acknowledged; ${missing.length} do not, such as ${last}\n${engine.output()}`,
      async () => {
        const counts = await readAll(engine, missing);
        missing = missing.filter((entry, index) => {
          const found = counts[index] ?? [];
          const lacks = entry.counts.some((count, lane) => (found[lane] ?? 0) < count);
          if (lacks) last = differenceOf(entry, found) ?? "";
          return lacks;
        });
        return missing.length === 0;
      },
    );
  }
}

async function differences(engine: EngineProcess, expected: readonly ExpectedCounts[]): Promise<readonly string[]> {
  const counts = await readAll(engine, expected);
  return expected.flatMap((entry, index) => differenceOf(entry, counts[index] ?? []) ?? []);
}

async function readAll(engine: EngineProcess, expected: readonly ExpectedCounts[]): Promise<readonly LaneCounts[]> {
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
