/** The proof that ends every fault run is itself able to fail: each way to be wrong is found, by name. */
import { describe, expect, test } from "vitest";
import { EventLedger } from "../support/event-ledger.ts";
import type { SentEvent } from "../support/event-ledger.ts";
import type { HistoryRows } from "../support/history-rows.ts";
import { countsOf, differenceOf, findingsOfHistory } from "../support/ledger-findings.ts";
import { SeededRandom } from "../simulation/seeded-random.ts";

/** A load whose every message was answered as it should be. */
function answeredLedger(): EventLedger {
  const ledger = new EventLedger({ name: "proof", random: new SeededRandom(5), fillerBytes: 0 });
  for (let i = 0; i < 8_000; i++) {
    const message = ledger.next();
    const code = message.wants === "refusal" ? message.code : "";
    ledger.answered(message, { ok: code === "", duplicate: message.wants === "duplicate", code });
  }
  return ledger;
}

function historyOf(events: Iterable<SentEvent>): HistoryRows & { readonly events: Map<string, number> } {
  const rows = new Map([...events].map(({ messageId }) => [messageId, 1] as const));
  return {
    events: rows,
    shards: [{ shard: 0, rows: rows.size, positions: rows.size, last: rows.size }],
    enteredTwice: [],
  };
}

const ledger = answeredLedger();
const [event] = ledger.events.values();
const messageId = event?.messageId ?? "";

describe("a history is found wrong", () => {
  test("in nothing when it holds what was acknowledged, once", () => {
    expect(ledger.faults).toEqual([]);
    expect(ledger.duplicates * ledger.refusals * ledger.refusedIds.size).toBeGreaterThan(0);
    expect(findingsOfHistory(ledger, historyOf(ledger.events.values()))).toEqual([]);
  });

  test("when an acknowledged event is missing or doubled", () => {
    const history = historyOf(ledger.events.values());
    history.events.set(messageId, 2);
    expect(findingsOfHistory(ledger, history)).toEqual([`${messageId} (step), acknowledged, is in history 2 times`]);
    history.events.delete(messageId);
    expect(findingsOfHistory(ledger, history)).toEqual([`${messageId} (step), acknowledged, is in history 0 times`]);
  });

  test("when a refused event or a stranger is in it", () => {
    const history = historyOf(ledger.events.values());
    const [refused = ""] = ledger.refusedIds;
    history.events.set(refused, 1);
    expect(findingsOfHistory(ledger, history)).toEqual([`${refused}, refused for good, is in history`]);
    history.events.delete(refused);
    history.events.set("proof-message-0", 1);
    history.events.set("message-of-another-load", 1);
    expect(findingsOfHistory(ledger, history)).toEqual(["proof-message-0 is in history, and nobody sent it"]);
  });

  test("when a shard's positions have a hole or come twice", () => {
    const history = historyOf(ledger.events.values());
    const shards = [{ shard: 3, rows: 10, positions: 9, last: 10 }];
    expect(findingsOfHistory(ledger, { ...history, shards })).toEqual(["shard 3 has 10 rows at 9 positions up to 10"]);
  });

  test("when what was given up is in it twice", () => {
    const given = answeredLedger();
    const [first] = given.events.values();
    if (first === undefined) throw new Error("there is no event");
    given.abandon(first);
    const history = historyOf(given.events.values());
    expect(findingsOfHistory(given, history)).toEqual([]);
    history.events.delete(first.messageId);
    expect(findingsOfHistory(given, history)).toEqual([]);
    history.events.set(first.messageId, 2);
    expect(findingsOfHistory(given, history)).toHaveLength(1);
  });
});

describe("profiles", () => {
  test("have the steps of all visitors who turned out to be one person, by every name", () => {
    const expected = countsOf(ledger, () => 1);
    const total = (name: string): number =>
      expected
        .filter(({ person }) => (person.userId ?? person.anonymousId) === name)
        .reduce((sum, { counts }) => sum + counts.reduce((all, count) => all + count, 0), 0);
    const merged = ledger.visitors.filter(({ identified }) => identified);
    const both = merged.find((one) => merged.some((other) => other !== one && other.userId === one.userId));
    if (both?.userId === undefined) throw new Error("nobody was merged");
    const [one, other] = merged.filter(({ userId }) => userId === both.userId);
    expect(total(both.userId)).toBe((one?.steps ?? 0) + (other?.steps ?? 0));
    expect(total(one?.anonymousId ?? "")).toBe(total(both.userId));
  });

  test("are found wrong when one event is lost and another doubled", () => {
    const [expected] = countsOf(ledger, () => 1);
    if (expected === undefined) throw new Error("there is nobody");
    const found = [...expected.counts];
    expect(differenceOf(expected, found)).toBeUndefined();
    found[0] = (found[0] ?? 0) - 1;
    found[1] = (found[1] ?? 0) + 1;
    expect(differenceOf(expected, found)).toContain("instead of");
  });
});
