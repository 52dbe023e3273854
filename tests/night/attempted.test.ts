/**
 * What may have been sent when the live store was lost is not sent again: it is `unknown`, on record, and nobody is called a
 * second time; what was to be tried later is tried later. Filled by the command, and by an engine that serves meanwhile, on both
 * live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import { type ProfileId } from "../../engine/model/ids.ts";
import type { CallOutcome } from "../../engine/model/message.ts";
import { decodeRecord } from "../../engine/model/record-codec.ts";
import type { JournalRecord } from "../../engine/model/record.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { ORDER, thankingBytes as bytes, thankingPlan as plan } from "../support/thanked-orders.ts";
import { until } from "../support/waiting.ts";

const HOUR_MS = 3_600_000;
const SHARDS = 2;
const START = Date.UTC(2026, 0, 1, 12);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type OutcomeRecord = Extract<JournalRecord, { kind: "outcome" }>;

async function outcomesOf({ history }: Pair, id: ProfileId): Promise<readonly OutcomeRecord[]> {
  const found = await history.latestOf(["outcome"], 100);
  const records = found.map(({ record }) => decodeRecord(record));
  return records.flatMap((record) => (record.kind === "outcome" && record.profile === id ? [record] : [])).toReversed();
}

async function testAttempted(pair: Pair, isServing: boolean): Promise<void> {
  const { store, history, openOther } = pair;
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  // The first is never answered; the others are to be tried again in an hour, and then are taken.
  let calls = 0;
  const deliver = (): CallOutcome | Promise<CallOutcome> => {
    calls += 1;
    if (calls === 1) return new Promise<CallOutcome>(() => undefined);
    return calls === 2 ? { is: "throttled", waitMs: HOUR_MS } : { is: "accepted", providerId: undefined };
  };
  const bench = new ShardBench(store, history, { bytes, start: START, deliver });
  await bench.own();
  closers.push(() => bench.close());
  const { profile: attempted } = await bench.say({ visitor: "attempted", event: ORDER });
  await until("the first is called", () => calls === 1);
  const { profile: waits } = await bench.say({ visitor: "waits", event: ORDER });
  await until("the second is put off", async () => {
    await bench.settle();
    return (await outcomesOf(pair, waits)).length === 1;
  });
  expect(await outcomesOf(pair, attempted)).toEqual([]);

  const other = await openOther();
  if (!isServing) expect(await bench.rebuildInto(other)).toMatchObject({ unknown: 1 });
  await bench.lose(other);
  await until("all is there again", () => bench.unfilled === 0);
  await bench.settle();
  expect(await outcomesOf(pair, attempted)).toMatchObject([
    { trigger: "thanks", channel: "webhook", attempt: 1, outcome: { is: "unknown", reason: "crash" } },
  ]);
  expect(calls).toBe(2);

  bench.now = START + 2 * HOUR_MS;
  await until("the second is tried once more, and taken", async () => {
    await bench.settle();
    return (await outcomesOf(pair, waits)).length === 2;
  });
  expect((await outcomesOf(pair, waits)).map(({ outcome }) => outcome.is)).toEqual(["throttled", "accepted"]);
  expect([calls, (await outcomesOf(pair, attempted)).length]).toEqual([3, 1]);
  await bench.expectNoDrift();
}

describe.each([
  ["by the command", "command", false],
  ["while it serves", "serving", true],
] as const)("of a store that was lost and is filled %s", (_how, name, isServing) => {
  const titles = {
    embedded: "what may have been sent is unknown, and what waits is sent, embedded",
    pair: "what may have been sent is unknown, and what waits is sent, on Redis",
  };
  onBothPairs({ name: `attempted_${name}`, shards: SHARDS, now: START, titles, closers }, (pair) =>
    testAttempted(pair, isServing),
  );
});
