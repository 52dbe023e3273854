/** Receipts that a retailer would rather have than not, on a running engine: what is flagged, what is refused, what it earns. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RECEIPT_FLAGS } from "../../engine/gateway/receipt-schemas.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { openTill, postReceipts, receipt, sendReceipts } from "../support/till-client.ts";

const engine = await createEngineOfFile("odd-receipts");

describe("what is odd", () => {
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();

  it.each([
    ["a wrong total", { total: 30 }, ["totals_do_not_foot"]],
    ["a total of more money than the lines", { total: 999_999_999 }, ["totals_do_not_foot"]],
    ["a total with the tax on top", { total: 27.5, tax: 2 }, []],
    ["nothing bought", { lines: [], total: 0 }, ["no_lines"]],
    [
      "a quantity below zero",
      { lines: [{ sku: "a", quantity: -1, unitPrice: 5 }], total: -5 },
      ["negative_quantity", "negative_total"],
    ],
    [
      "a price below zero",
      { lines: [{ sku: "a", quantity: 1, unitPrice: -5 }], total: -5 },
      ["negative_price", "negative_total"],
    ],
    ["a clock a day slow", { timestamp: hours(-25), sentAt: hours(-25) }, ["till_clock_off"]],
    ["a clock a day fast", { timestamp: hours(25), sentAt: hours(25) }, ["till_clock_off"]],
    ["a time still to come", { timestamp: hours(25) }, ["till_clock_ahead"]],
    ["an old time", { timestamp: "2011-12-09T12:50:00Z" }, ["late"]],
    ["an old time of an offline till", { timestamp: "2011-12-09T12:50:00Z", offline: true }, []],
    ["a clock never set", { timestamp: "1970-01-01T00:10:00Z", offline: true }, ["till_clock_reset"]],
    ["an e-mail that is none", { customer: { email: "marie", card: "odd-1" } }, ["unreadable_customer"]],
    ["pounds", { currency: "GBP" }, ["other_currency"]],
    [
      "an exchange",
      {
        kind: "return",
        lines: [
          { sku: "a", quantity: -1, unitPrice: 20 },
          { sku: "b", quantity: 1, unitPrice: 12 },
        ],
        total: -8,
      },
      ["mixed_return", "unmatched_return"],
    ],
  ])("%s is accepted with a flag", async (_, fields, flags) => {
    const { status, answer } = await postReceipts(engine.port, receipt({ customer: { card: "odd-1" }, ...fields }));
    expect({ status, flags: answer.flags }).toEqual({ status: 200, flags });
  });

  it.each([
    ["two currencies", { lines: [{ sku: "a", quantity: 1, unitPrice: 5, currency: "GBP" }] }, "/lines/0/currency"],
    ["five decimals", { lines: [{ sku: "a", quantity: 1, unitPrice: 1.00005 }] }, "/lines/0/unitPrice"],
    ["too much money", { total: 1e10 }, "/total"],
    ["a time that is none", { timestamp: "yesterday" }, "/timestamp"],
    ["a past before tills", { timestamp: "1890-05-01T10:00:00Z", effects: "off" }, "/timestamp"],
    ["a currency that is none", { currency: "euro" }, "/currency"],
    ["no store", { store: undefined }, "/store"],
    ["a kind that is none", { kind: "gift" }, "/kind"],
  ])("%s is refused, and where it is said", async (_, fields, field) => {
    const { status, answer } = await postReceipts(engine.port, receipt(fields));
    expect({ status, field: answer.problem?.field }).toEqual({ status: 400, field });
  });

  it("a training receipt is answered, and leaves nothing", async () => {
    const sent = receipt({ training: true, customer: { card: "trainee" } });
    const { answer } = await postReceipts(engine.port, sent);
    expect(answer).toMatchObject({ is: "accepted", flags: ["training"] });
    expect(answer.points).toBeUndefined();
    const { answer: real } = await postReceipts(engine.port, { ...sent, training: false });
    expect(real).toMatchObject({ is: "accepted", points: { balance: 25 } });
  });
});

it("every flag that a till may get is in the page about tills", () => {
  const page = readFileSync(new URL("../../docs/tills.md", import.meta.url), "utf8");
  expect(Object.keys(RECEIPT_FLAGS).filter((flag) => !page.includes(`\`${flag}\``))).toEqual([]);
});

describe("a total that nothing accounts for", () => {
  const line = (unitPrice: number) => ({ sku: "a", quantity: 1, unitPrice });

  it.each([
    ["earns what the lines come to", { total: 999_999_999 }, 25, ["totals_do_not_foot"]],
    ["earns itself where it is the lower", { total: 20 }, 20, ["totals_do_not_foot"]],
    [
      "with lines as high earns at most what the rule lets",
      { total: 9e8, lines: [line(9e8)] },
      5_000,
      ["points_at_most"],
    ],
    ["without lines, too", { total: 9e8, lines: [] }, 5_000, ["no_lines", "points_at_most"]],
    ["below zero earns nothing", { total: -25.5 }, 0, ["negative_total", "totals_do_not_foot"]],
  ])("%s", async (what, fields, earned, flags) => {
    const { answer } = await postReceipts(engine.port, receipt({ customer: { card: `total ${what}` }, ...fields }));
    expect(answer).toMatchObject({ flags, points: { earned, balance: earned } });
  });

  it("gives back all that it earned, and no more, when it comes back", async () => {
    const customer = { card: "limited-1" };
    const sale = receipt({ customer, total: 20_000, lines: [line(20_000)] });
    const refersTo = { receiptId: sale.receiptId };
    const back = () => receipt({ kind: "return", customer, refersTo, total: 10_000, lines: [line(10_000)] });
    const socket = await openTill(engine.port);
    const answers = await sendReceipts(socket, [sale, back(), back()]);
    expect(answers.map(({ points }) => points?.balance)).toEqual([5_000, 2_500, 0]);
    socket.socket.close();
  });

  it("takes back no more than what comes back is worth", async () => {
    const customer = { card: "unmatched-1" };
    const { answer } = await postReceipts(
      engine.port,
      receipt({ kind: "return", customer, total: 900_000, lines: [line(9)] }),
    );
    expect(answer).toMatchObject({ flags: ["totals_do_not_foot", "unmatched_return"], points: { reversed: 9 } });
  });
});
