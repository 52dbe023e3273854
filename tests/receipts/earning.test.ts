/** What sales earn by the bonuses of the example brand, and what returns take back of it, on a running engine. */
import { describe, expect, it } from "vitest";
import { createStyle } from "../../engine/cli/terminal.ts";
import { renderWhy } from "../../engine/cli/why-text.ts";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { CONTROL_TOKEN, SERVER_KEY } from "../support/engine-process.ts";
import { openTill, postReceipts, receipt, sendReceipts } from "../support/till-client.ts";

const engine = await createEngineOfFile("earning");

async function becomesGold(userId: string): Promise<void> {
  await fetch(`http://127.0.0.1:${engine.port}/v1/identify`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
    body: JSON.stringify({ userId, traits: { card_tier: "gold" }, messageId: `gold-${userId}` }),
  });
}

/** At noon of a day in Lyon, told by an offline till whenever this runs. */
const rungUp = (day: string) => ({ timestamp: `${day}T12:00:00Z`, offline: true });
const line = (category: string, unitPrice: number, quantity = 1) => ({ sku: category, category, quantity, unitPrice });

describe("a gold member", () => {
  it("earns a quarter more, is told by which rule, and gives back just that with each line", async () => {
    const customer = { userId: "gold-1" };
    await becomesGold("gold-1");
    const lines = [line("shoes", 100), line("bags", 60), line("gift-card", 50)];
    const sale = receipt({ customer, lines, total: 210 });
    const { answer } = await postReceipts(engine.port, sale);
    expect(answer.points).toEqual({
      earned: 200,
      reversed: 0,
      balance: 200,
      by: [
        { rule: "club-points", points: 160 },
        { rule: "gold", points: 40 },
      ],
    });
    expect((await postReceipts(engine.port, sale)).answer).toMatchObject({ is: "repeated", points: answer.points });
    const back = (which: number, total: number) =>
      receipt({
        kind: "return",
        customer,
        refersTo: { receiptId: sale.receiptId },
        lines: [{ ...lines[which], quantity: -1 }],
        total: -total,
      });
    const socket = await openTill(engine.port);
    const returned = await sendReceipts(socket, [back(2, 50), back(1, 60), back(0, 100), back(0, 100)]);
    expect(returned.map(({ points, flags }) => [points?.reversed, points?.balance, flags])).toEqual([
      [0, 200, []],
      [75, 125, []],
      [125, 0, []],
      [0, 0, ["over_returned"]],
    ]);
    socket.socket.close();
  });

  it("reads on the ticket, in their language, what bonuses gave and what these are", async () => {
    const words = async (userId: string, language: string): Promise<string> => {
      await becomesGold(userId);
      await fetch(`http://127.0.0.1:${engine.port}/v1/identify`, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
        body: JSON.stringify({ userId, traits: { language }, messageId: `language-${userId}` }),
      });
      const sold = (category: string) =>
        receipt({ customer: { userId }, lines: [line(category, 20)], total: 20, ...rungUp("2026-11-02") });
      // The first orders are answered otherwise.
      for (let n = 0; n < 2; n += 1) await postReceipts(engine.port, sold("gift-card"));
      const { answer } = await postReceipts(engine.port, sold("bags"));
      return answer.print.join(" ").replaceAll(/[\u00a0\u202f]/g, " ");
    };
    expect(await words("gold-fr", "fr")).toContain(
      "+25 points, dont 5 en prime (Un quart de plus pour les membres or), soit 25 en tout.",
    );
    expect(await words("gold-en", "en")).toContain(
      "+25 points, 5 of them a bonus (A quarter more for gold members), 25 in all.",
    );
  });

  it("finds what a sale of long ago has earned in history, part by part, with the returns of it", async () => {
    const customer = { userId: "gold-2" };
    await becomesGold("gold-2");
    const sale = receipt({ customer, lines: [line("shoes", 100, 2), line("gift-card", 50)], total: 250 });
    const back = () =>
      receipt({
        kind: "return",
        customer,
        refersTo: { receiptId: sale.receiptId },
        lines: [line("shoes", 100, -1)],
        total: -100,
      });
    const socket = await openTill(engine.port);
    await sendReceipts(socket, [
      sale,
      back(),
      ...Array.from({ length: 12 }, () => receipt({ customer, total: 0, lines: [] })),
    ]);
    await engine.drain();
    const [again, tooMuch] = await sendReceipts(socket, [back(), back()]);
    expect(again).toMatchObject({ flags: [], points: { reversed: 125, balance: 0 } });
    expect(tooMuch).toMatchObject({ flags: ["over_returned"], points: { reversed: 0, balance: 0 } });
    socket.socket.close();
  });

  it("is told by vif why what each receipt has earned, by which rule", async () => {
    const asked = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/why?who=user:gold-1&rule=club-points`, {
      headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
    });
    const out = renderWhy((await asked.json()) as WhyReport, createStyle(false), "user:gold-1");
    expect(out).toContain("user:gold-1 has 0 points");
    expect(out).toMatch(/\+200 .* sale .*: \+160 by club-points, \+40 by gold/);
    expect(out).toMatch(/-75 .* return .*: -60 by club-points, -15 by gold/);
    expect(out).toContain("gold: 1.25 times the points, when");
    expect(out).toContain('yes card_tier = "gold"');
  });
});

describe("the first large order in Marseille", () => {
  it("earns a hundred points more, and gives them back with its lines", async () => {
    const customer = { card: "marseille-1" };
    const sold = (total: number) =>
      receipt({ customer, store: "marseille-1", lines: [line("bags", total)], total, ...rungUp("2026-11-02") });
    const socket = await openTill(engine.port);
    const first = sold(80);
    const [small, large, next] = await sendReceipts(socket, [sold(49), first, sold(80)]);
    expect([small, large, next].map((each) => each?.points?.earned)).toEqual([49, 180, 80]);
    const [back] = await sendReceipts(socket, [
      receipt({
        kind: "return",
        customer,
        store: "marseille-1",
        refersTo: { receiptId: first.receiptId },
        lines: [line("bags", 80, -1)],
        total: -80,
      }),
    ]);
    expect(back?.points).toMatchObject({ reversed: 180, balance: 129 });
    socket.socket.close();
  });

  it("is one by a return without a receipt at the rate alone", async () => {
    const customer = { userId: "gold-1" };
    const sent = receipt({ kind: "return", customer, lines: [line("shoes", 100, -1)], total: -100 });
    const { answer } = await postReceipts(engine.port, sent);
    expect(answer).toMatchObject({ flags: ["unmatched_return"], points: { reversed: 100, balance: -100 } });
  });
});
