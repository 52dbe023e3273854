/** Which messages have come to nothing, page by page, of a history of more outcomes than are read at a time. */
import { expect, it } from "vitest";
import { embeddedHistoryOf, idOf } from "../backtest/backtest-fixtures.ts";
import { outboxReadMax } from "../limits-of-delivery.ts";
import type { Outcome } from "../model/message.ts";
import { NO_ORDERS } from "../model/orders.ts";
import type { JournalRecord } from "../model/record.ts";
import type { MessageId } from "../model/trigger.ts";
import { createOutboxQuestions } from "./create-outbox-questions.ts";

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

it("tells all, however many came after them, each by its newest word, and none twice", async () => {
  const messages = outboxReadMax + 500;
  // Each third has failed; of these each hundredth was sent after all, long after it had failed.
  const first = Array.from({ length: messages }, (_, n) => outcome(n, 1, n % 3 === 0 ? failed : accepted));
  const again = Array.from({ length: messages }, (_, n) => n)
    .filter((n) => n % 300 === 0)
    .map((n) => outcome(n, 2, accepted));
  const history = await embeddedHistoryOf([[...first, ...again]]);
  const questions = createOutboxQuestions({
    history,
    flush: async () => undefined,
    channels: () => [],
    orders: async () => NO_ORDERS,
    tell: () => undefined,
    shards: 8,
  });
  const told: string[] = [];
  let after: string | undefined;
  do {
    const page = await questions.outbox({ limit: 1_000, ...(after !== undefined && { after }) });
    expect(page.dead.length).toBe(page.next === undefined ? page.dead.length : 1_000);
    told.push(...page.dead.map(({ message }) => message));
    after = page.next;
  } while (after !== undefined);
  const oldest = await questions.outbox({ message: idAt(3) });
  const sentAfterAll = await questions.outbox({ message: idAt(300) });
  await history.close();
  const wanted = Array.from({ length: messages }, (_, n) => n).filter((n) => n % 3 === 0 && n % 300 !== 0);
  expect(told).toEqual(wanted.map(idAt).toReversed());
  expect(oldest.dead.map(({ message }) => message)).toEqual([idAt(3)]);
  expect(sentAfterAll.dead).toEqual([]);
});
