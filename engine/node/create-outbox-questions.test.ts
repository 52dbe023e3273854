/** Which messages have come to nothing, page by page, of a history of more outcomes than are read at a time. */
import { expect, it } from "vitest";
import { embeddedHistoryOf, idOf } from "../backtest/backtest-fixtures.ts";
import { outboxReadMax } from "../limits-of-delivery.ts";
import type { Outcome } from "../model/message.ts";
import { NO_ORDERS } from "../model/orders.ts";
import type { JournalRecord } from "../model/record.ts";
import type { MessageId } from "../model/trigger.ts";
import type { History, RecordPlace } from "../history/port.ts";
import { createOutboxQuestions, type OutboxQuestions } from "./create-outbox-questions.ts";

const idAt = (n: number): MessageId => n.toString(16).padStart(32, "0") as MessageId;
const failed: Outcome = { is: "failed", reason: "unavailable" };
const accepted: Outcome = { is: "accepted", providerId: undefined };

function outcome(message: number, attempt: number, came: Outcome): JournalRecord {
  return {
    kind: "outcome",
    profile: idOf(1),
    message: idAt(message),
    trigger: "t",
    channel: "email",
    attempt,
    outcome: came,
  };
}

/** @param reads is told the places behind which history is read */
function questionsOf(history: History, reads: (RecordPlace | undefined)[] = [], since = 0) {
  const forgets: (() => void)[] = [];
  const questions = createOutboxQuestions({
    history: {
      latestOf(kinds, most, behind) {
        reads.push(behind);
        return history.latestOf(kinds, most, behind);
      },
    },
    keptSince: () => since,
    flush: async () => undefined,
    channels: () => [],
    orders: async () => NO_ORDERS,
    tell: () => undefined,
    shards: 8,
    timers: {
      after(_delayMs, task) {
        forgets.push(task);
        return () => undefined;
      },
    },
  });
  return { questions, pass: () => forgets.splice(0).forEach((forget) => forget()) };
}

async function listAll({ outbox }: OutboxQuestions, limit: number, between: () => void = () => undefined) {
  const told: string[] = [];
  let after: string | undefined;
  do {
    const page = await outbox({ limit, ...(after !== undefined && { after }) });
    expect(page.dead.length).toBe(page.next === undefined ? page.dead.length : limit);
    told.push(...page.dead.map(({ message }) => message));
    after = page.next;
    between();
  } while (after !== undefined);
  return told;
}

it("tells all, however many came after them, each by its newest word, and none twice", async () => {
  const messages = outboxReadMax + 500;
  // Each third has failed; of these each hundredth was sent after all, long after it had failed.
  const first = Array.from({ length: messages }, (_, n) => outcome(n, 1, n % 3 === 0 ? failed : accepted));
  const again = Array.from({ length: messages }, (_, n) => n)
    .filter((n) => n % 300 === 0)
    .map((n) => outcome(n, 2, accepted));
  const history = await embeddedHistoryOf([[...first, ...again]]);
  const { questions } = questionsOf(history);
  const told = await listAll(questions, 1_000);
  const oldest = await questions.outbox({ message: idAt(3) });
  const sentAfterAll = await questions.outbox({ message: idAt(300) });
  await history.close();
  const wanted = Array.from({ length: messages }, (_, n) => n).filter((n) => n % 3 === 0 && n % 300 !== 0);
  expect(told).toEqual(wanted.map(idAt).toReversed());
  expect(oldest.dead.map(({ message }) => message)).toEqual([idAt(3)]);
  expect(sentAfterAll.dead).toEqual([]);
});

it("goes on where a page has ended, without reading anew what came before it, and anew where that was forgotten", async () => {
  const messages = 2 * outboxReadMax + 500;
  const history = await embeddedHistoryOf([Array.from({ length: messages }, (_, n) => outcome(n, 1, failed))]);
  const reads: (RecordPlace | undefined)[] = [];
  const { questions, pass } = questionsOf(history, reads);
  const wanted = Array.from({ length: messages }, (_, n) => idAt(n)).toReversed();
  expect(await listAll(questions, 5_000)).toEqual(wanted);
  // Three blocks of outcomes, each read once; and once before each further page, for what has come meanwhile.
  expect(reads.filter((behind) => behind !== undefined)).toHaveLength(2);
  expect(reads).toHaveLength(2 + 5);
  reads.length = 0;
  expect(await listAll(questions, 5_000, pass)).toEqual(wanted);
  expect(reads.length).toBeGreaterThan(7);
  await history.close();
});

it("tells of none that came to nothing longer ago than such messages are kept, and reads no further", async () => {
  const old = Array.from({ length: outboxReadMax + 10 }, (_, n) => outcome(n, 1, failed));
  const late = [outcome(3, 2, failed), outcome(outboxReadMax + 20, 1, failed)];
  const history = await embeddedHistoryOf([old, late], (shard) => 1_000 + shard);
  const reads: (RecordPlace | undefined)[] = [];
  const { questions } = questionsOf(history, reads, 1_001);
  const told = (await questions.outbox()).dead.map(({ message }) => message);
  expect(told).toEqual([outboxReadMax + 20, 3].map(idAt));
  expect(reads).toHaveLength(1);
  expect(await questions.sendAgain(idAt(5), "replay")).toMatchObject({ refused: "not_found" });
  await history.close();
});

it("tells on no later page what has come to something since the listing began", async () => {
  const failures = Array.from({ length: 10 }, (_, n) => outcome(n, 1, failed));
  const before = await embeddedHistoryOf([failures]);
  const after = await embeddedHistoryOf([[...failures, outcome(2, 2, accepted), outcome(11, 1, failed)]]);
  let history = before;
  const { questions } = questionsOf({
    ...before,
    latestOf: (kinds, most, behind) => history.latestOf(kinds, most, behind),
  });
  const first = await questions.outbox({ limit: 5 });
  history = after;
  const second = await questions.outbox({ limit: 5, after: first.next ?? "" });
  expect([...first.dead, ...second.dead].map(({ message }) => message)).toEqual([9, 8, 7, 6, 5, 4, 3, 1, 0].map(idAt));
  expect(second.next).toBeUndefined();
  await before.close();
  await after.close();
});
