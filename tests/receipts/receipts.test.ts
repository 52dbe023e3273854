/** Tills on a running engine with the example brand's rules: over HTTP, the raw socket and Socket.IO. */
import { io } from "socket.io-client";
import { describe, expect, it } from "vitest";
import type { ProfileReport } from "../../engine/control/profile-port.ts";
import { signTill } from "../../engine/gateway/till-signature.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { CONTROL_TOKEN, SERVER_KEY } from "../support/engine-process.ts";
import { openTill, postReceipts, receipt, sendReceipts, TILL, TILL_KEY, tillQuery } from "../support/till-client.ts";
import type { ReceiptAnswer } from "../support/till-client.ts";
import { StreamClient } from "../gateway/stream-client.ts";

const engine = await createEngineOfFile("receipts");

async function decisionsOf(whom: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const response = await fetch(`http://127.0.0.1:${engine.port}/v1/decide`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
    body: JSON.stringify(whom),
  });
  const { decisions } = (await response.json()) as { decisions: readonly { content: string; show: string }[] };
  return Object.fromEntries(decisions.map(({ content, show }) => [content, show]));
}

describe("a sale with a card", () => {
  it("earns points, and says so in print and on the screen", async () => {
    const { status, answer } = await postReceipts(engine.port, receipt({ customer: { card: "card 0001" } }));
    expect(status).toBe(200);
    expect(answer).toMatchObject({ success: true, is: "accepted", flags: [], resolved: true });
    expect(answer.points).toEqual({ earned: 25, reversed: 0, balance: 25 });
    expect(answer.print).toEqual([
      "Bienvenue au Club !",
      "Vos premiers points : 25.",
      "Ils vous attendent aussi sur notre site.",
    ]);
    expect(answer.show).toEqual(["Première visite avec la carte", "Souhaitez la bienvenue. +25 points."]);
    expect(answer.screen).toBe("<h2>Première visite avec la carte</h2>\n<p>Souhaitez la bienvenue. +25 points.</p>");
  });

  it("counts for rules as an order on the web does", async () => {
    const customer = { userId: "regular-1" };
    const [first] = await sendReceipts(await openTill(engine.port), [
      receipt({ customer, total: 700, lines: [{ sku: "a", quantity: 1, unitPrice: 700 }] }),
    ]);
    expect(first?.points?.balance).toBe(700);
    expect((await decisionsOf(customer))["till-message"]).toBe("till-welcome");
    const body = { userId: "regular-1", event: "Order Completed", properties: { total: 900 }, messageId: "web-1" };
    await fetch(`http://127.0.0.1:${engine.port}/v1/track`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
      body: JSON.stringify(body),
    });
    expect((await decisionsOf(customer))["till-message"]).toBe("till-thanks");
  });

  it("speaks the customer's language", async () => {
    await fetch(`http://127.0.0.1:${engine.port}/v1/identify`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
      body: JSON.stringify({
        userId: "english-1",
        traits: { language: "en", first_name: "Zoë \u202e<b>" },
        messageId: "english",
      }),
    });
    const { answer } = await postReceipts(engine.port, receipt({ customer: { userId: "english-1" } }));
    expect(answer.print.slice(0, 2)).toEqual(["Welcome to the Club, Zoë <b>!", "Your first points: 25."]);
  });

  it("speaks the till's language to whom it knows no other of, and to nobody", async () => {
    const english = { language: "en" };
    const { answer: first } = await postReceipts(engine.port, receipt({ customer: { card: "of-abroad" }, ...english }));
    expect(first.print[0]).toBe("Welcome to the Club!");
    expect(first.show[0]).toBe("First visit with the card");
    const sent = receipt(english);
    const { answer: nobodys } = await postReceipts(engine.port, sent);
    expect(nobodys.print.join(" ")).toBe("With the Club card, €1 = 1 point. Ask for yours at the till!");
    const again = await postReceipts(engine.port, { ...sent, language: "fr" });
    expect(again.answer).toMatchObject({ is: "repeated", print: nobodys.print });
  });

  it("is printed in lines that the paper holds, and told again as it was told first", async () => {
    const customer = { userId: "long-1" };
    const identify = (first_name: string, messageId: string) =>
      fetch(`http://127.0.0.1:${engine.port}/v1/identify`, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
        body: JSON.stringify({ ...customer, traits: { first_name, language: "fr" }, messageId }),
      });
    await identify("Maximilienne-Alexandrine-Wilhelmine de la Tour", "long-1");
    const sent = receipt({ customer });
    const { answer } = await postReceipts(engine.port, sent);
    expect(answer.print.length).toBeGreaterThan(3);
    expect(answer.print.filter((line) => line.length > 42)).toEqual([]);
    await identify("Max", "long-2");
    const again = await postReceipts(engine.port, sent);
    expect(again.answer).toMatchObject({ is: "repeated", print: answer.print, show: answer.show });
    expect(again.answer.screen).toBe(answer.screen);
  });
});

describe("a card that was scanned", () => {
  const sale = (customer: object, total = 1_000, more: object = {}) =>
    receipt({ customer, total, lines: [{ sku: "a", quantity: 1, unitPrice: total }], ...more });

  it.each([
    ["e-mail", { email: "known-by-card@example.fr" }],
    ["phone", { phone: "+33612000001" }],
    ["userId", { userId: "known-by-card" }],
  ])("is its holder's, whatever new %s is said beside it", async (kind, said) => {
    const card = `holder-${kind}`;
    const first = sale({ card });
    expect((await postReceipts(engine.port, first)).answer.points?.balance).toBe(1_000);
    const { answer } = await postReceipts(engine.port, sale({ card, ...said }, 10));
    expect(answer.points).toEqual({ earned: 10, reversed: 0, balance: 1_010 });
    expect(answer.print.join()).not.toContain("premiers points");
    const refersTo = { receiptId: first.receiptId };
    const back = sale({ card, ...said }, 1_000, { kind: "return", refersTo });
    const returned = await postReceipts(engine.port, back);
    expect(returned.answer).toMatchObject({ flags: [], points: { reversed: 1_000, balance: 10 } });
    expect((await postReceipts(engine.port, back)).answer).toMatchObject({ is: "repeated", points: { balance: 10 } });
    // What was said has become a name of the holder.
    const { answer: named } = await postReceipts(engine.port, sale(said, 5));
    expect(named.points?.balance).toBe(15);
  });

  it("and an e-mail of somebody else's make one of the two, and each receipt counts once", async () => {
    const [card, email] = ["two-in-one", "two-in-one@example.fr"];
    const both = sale({ card, email }, 10);
    await postReceipts(engine.port, sale({ card }, 100));
    await postReceipts(engine.port, sale({ email }, 200));
    expect((await postReceipts(engine.port, both)).answer.points?.balance).toBe(110);
    await expect
      .poll(async () => (await postReceipts(engine.port, sale({ email }, 0, { lines: [] }))).answer.points?.balance)
      .toBe(310);
    expect((await postReceipts(engine.port, both)).answer).toMatchObject({ is: "repeated", points: { balance: 110 } });
  });

  it("of another user than the one that is said counts for its holder alone", async () => {
    await postReceipts(engine.port, sale({ card: "of-anna", userId: "anna" }, 100));
    await postReceipts(engine.port, sale({ userId: "berta" }, 200));
    for (const [userId, balance] of [
      ["berta", 110],
      ["nobody-yet", 120],
    ] as const) {
      const { answer } = await postReceipts(engine.port, sale({ card: "of-anna", userId, email: "b@example.fr" }, 10));
      expect(answer).toMatchObject({ flags: ["customer_differs"], points: { balance } });
    }
    const { answer } = await postReceipts(engine.port, sale({ userId: "berta", email: "b@example.fr" }, 1));
    expect(answer).toMatchObject({ flags: [], points: { balance: 201 } });
    expect((await postReceipts(engine.port, sale({ userId: "anna" }, 1))).answer.points?.balance).toBe(121);
  });
});

describe("the same receipt again", () => {
  it.each([
    ["of somebody", { customer: { card: "again-1" } }],
    ["of nobody", {}],
  ])("%s is answered the same, over any way in and at once", async (_, fields) => {
    const sent = receipt(fields);
    const socket = await openTill(engine.port);
    const [together, ...others] = await Promise.all([
      postReceipts(engine.port, sent),
      postReceipts(engine.port, { ...sent, sentAt: new Date().toISOString() }),
      postReceipts(engine.port, sent),
    ]);
    const [overSocket] = await sendReceipts(socket, [sent]);
    const all = [together, ...others].map(({ answer }) => answer);
    expect(all.filter(({ is }) => is === "accepted")).toHaveLength(1);
    const { is: _is, success: _success, resolved: _resolved, ...same } = all[0] as ReceiptAnswer;
    for (const answer of [...all, overSocket]) expect(answer).toMatchObject(same);
    expect(overSocket?.is).toBe("repeated");
    socket.socket.close();
  });

  it("with another content, or another customer, is a conflict", async () => {
    const sent = receipt({ customer: { card: "conflict-1" } });
    expect((await postReceipts(engine.port, sent)).status).toBe(200);
    const other = await postReceipts(engine.port, { ...sent, total: 26 });
    expect(other).toMatchObject({
      status: 409,
      answer: { problem: { code: "receipt_conflict", field: "/receiptId" } },
    });
    const whose = await postReceipts(engine.port, { ...sent, customer: { card: "conflict-2" } });
    expect(whose).toMatchObject({ status: 409, answer: { problem: { code: "receipt_conflict", field: "/customer" } } });
    const nobody = await postReceipts(engine.port, { ...sent, customer: null });
    expect(nobody.status).toBe(409);
    expect((await postReceipts(engine.port, { ...sent, store: "lyon-2" })).answer.is).toBe("accepted");
  });

  it("with a customer, after it was nobody's, becomes that customer's", async () => {
    const sent = receipt();
    const nobodys = await postReceipts(engine.port, sent);
    expect(nobodys.answer.points).toBeUndefined();
    expect(nobodys.answer.print).toEqual(["Avec la carte du Club, 1 € = 1 point.", "Demandez-la en caisse !"]);
    const claimed = await postReceipts(engine.port, { ...sent, customer: { card: "claimer" } });
    expect(claimed.answer).toMatchObject({ is: "accepted", points: { earned: 25, balance: 25 } });
    const again = await postReceipts(engine.port, { ...sent, customer: { card: "CLAIMER" } });
    expect(again.answer).toMatchObject({ is: "repeated", points: { earned: 25, balance: 25 } });
  });
});

describe("a return", () => {
  const line = { sku: "shoe-1", quantity: 3, unitPrice: 9.99 };

  it("takes back what its sale earned, in parts, and never more", async () => {
    const customer = { email: "return@example.fr" };
    const sale = receipt({ customer, lines: [line], total: 29.97 });
    const back = (quantity: number, id: string) =>
      receipt({
        receiptId: `${String(sale.receiptId)}-${id}`,
        kind: "return",
        customer,
        refersTo: { receiptId: sale.receiptId },
        lines: [{ ...line, quantity: -quantity }],
        total: -9.99 * quantity,
      });
    const balances = [];
    let printed: unknown;
    for (const each of [sale, back(1, "a"), back(1, "b"), back(1, "c"), back(1, "d")]) {
      const total = Math.round(Number(each.total) * 100) / 100;
      const { answer } = await postReceipts(engine.port, { ...each, total });
      balances.push([answer.points?.reversed, answer.points?.balance, answer.flags]);
      printed = answer.print;
    }
    expect(printed).toEqual(["Retour enregistré : points inchangés,", "reste 0."]);
    expect(balances).toEqual([
      [0, 29, []],
      [9, 20, []],
      [10, 10, []],
      [10, 0, []],
      [0, 0, ["over_returned"]],
    ]);
  });

  it("of nothing known is taken at the rate, below zero if need be", async () => {
    const sent = receipt({ kind: "return", customer: { card: "unmatched" } });
    const { answer } = await postReceipts(engine.port, sent);
    expect(answer).toMatchObject({ flags: ["unmatched_return"], points: { earned: 0, reversed: 25, balance: -25 } });
    expect(answer.print).toEqual(["Retour enregistré : -25 points, reste -25."]);
  });

  it("of another customer's receipt is not matched", async () => {
    const sale = receipt({ customer: { card: "buyer-1" } });
    await postReceipts(engine.port, sale);
    const refersTo = { receiptId: sale.receiptId };
    await postReceipts(engine.port, receipt({ customer: { card: "thief-1" } }));
    const { answer } = await postReceipts(
      engine.port,
      receipt({ kind: "return", customer: { card: "thief-1" }, refersTo }),
    );
    expect(answer.flags).toEqual(["unmatched_return"]);
  });

  it("of a sale that the profile does not remember any more is found in history", async () => {
    const customer = { card: "long-memory" };
    const sale = receipt({ customer });
    const socket = await openTill(engine.port);
    const later = Array.from({ length: 12 }, () => receipt({ customer }));
    await sendReceipts(socket, [sale, ...later]);
    await engine.drain();
    const refersTo = { receiptId: sale.receiptId };
    const [half, whole] = await sendReceipts(socket, [
      receipt({
        kind: "return",
        customer,
        refersTo,
        total: 5.5,
        lines: [{ sku: "sock-2", quantity: 2, unitPrice: 2.75 }],
      }),
      receipt({
        kind: "return",
        customer,
        refersTo,
        total: 20,
        lines: [{ sku: "shoe-1", quantity: 1, unitPrice: 20 }],
      }),
    ]);
    expect(half).toMatchObject({ flags: [], points: { reversed: 5, balance: 13 * 25 - 5 } });
    expect(whole).toMatchObject({ flags: [], points: { reversed: 20, balance: 12 * 25 } });
    const [repeated] = await sendReceipts(socket, [sale]);
    expect(repeated).toMatchObject({ is: "repeated", points: { earned: 25, balance: 25 } });
    socket.socket.close();
  });
});

describe("many receipts", () => {
  it("of one request get one answer each, in order", async () => {
    const customer = { card: "batch-1" };
    const batch = [receipt({ customer }), receipt({ customer, total: "x" }), receipt({ customer })];
    const { status, answer } = await postReceipts(engine.port, { batch });
    expect(status).toBe(200);
    expect(answer).toMatchObject({ accepted: 2, refused: 1 });
    expect(answer.results.map((each) => each.points?.balance)).toEqual([25, undefined, 50]);
  });

  it("of one customer on one socket are taken in the order sent", async () => {
    const socket = await openTill(engine.port);
    const customer = { phone: "+33 6 12 34 56 78" };
    const answers = await sendReceipts(
      socket,
      Array.from({ length: 60 }, () => receipt({ customer })),
    );
    expect(answers.map(({ points }) => points?.balance)).toEqual(answers.map((_, index) => (index + 1) * 25));
    socket.socket.close();
  });
});

it("receipts of an offline till count at their own times, in the order in which they are sent later", async () => {
  const customer = { card: "market-stall" };
  const rungUp = Array.from({ length: 5 }, (_, n) => Date.UTC(2026, 2, 7, 9 + n));
  const socket = await openTill(engine.port);
  const answers = await sendReceipts(
    socket,
    rungUp.map((at) => receipt({ customer, offline: true, timestamp: new Date(at).toISOString() })),
  );
  socket.socket.close();
  expect(answers.map(({ flags, points }) => [flags, points?.balance])).toEqual(
    rungUp.map((_, index) => [[], (index + 1) * 25]),
  );
  const told = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/profile?who=card:market-stall`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  const { ledger, streams } = (await told.json()) as ProfileReport;
  // The latest first; those of one millisecond of acceptance in the order of their digests.
  const inOrder = ledger.receipts.toSorted((a, b) => b.at - a.at || (b.balance ?? 0) - (a.balance ?? 0));
  expect(inOrder.map(({ balance }) => balance)).toEqual([125, 100, 75, 50, 25]);
  const instants = ledger.receipts.map(({ at }) => at);
  expect(instants).toEqual(instants.toSorted((a, b) => b - a));
  const orders = streams.find(({ event, count }) => event === "order_completed" && count === rungUp.length);
  expect(orders).toMatchObject({ first: rungUp[0], last: rungUp.at(-1) });
});

describe("who has not signed", () => {
  const unsigned = async (headers: Readonly<Record<string, string>>, code: string) => {
    const { status, answer } = await postReceipts(engine.port, receipt(), { headers });
    expect({ status, code: answer.problem?.code }).toEqual({ status: 401, code });
  };

  it("is refused over HTTP, with the reason", async () => {
    await unsigned({ "vif-signature": "" }, "bad_signature");
    await unsigned({ "vif-till": "example-server" }, "bad_signature");
    await unsigned({ "vif-time": String(Date.now() - 1) }, "bad_signature");
    const stale = await postReceipts(engine.port, receipt(), { time: String(Date.now() - 301_000) });
    expect(stale).toMatchObject({ status: 401, answer: { problem: { code: "bad_time" } } });
    const guessed = await postReceipts(engine.port, receipt(), { key: "another-till-key-0" });
    expect(guessed.answer.problem?.code).toBe("bad_signature");
  });

  it("is refused on the socket", async () => {
    const old = new StreamClient(engine.port, tillQuery(String(Date.now() - 301_000)));
    await expect(old.opened()).rejects.toThrow("401");
    const server = await new StreamClient(engine.port, `writeKey=${SERVER_KEY}`).opened();
    const refused = await server.ask({ type: "receipt", ...receipt() });
    expect(refused).toMatchObject({ ok: false, is: "refused", problem: { code: "bad_signature" } });
    server.socket.close();
  });
});

it("Socket.IO carries receipts, too", async () => {
  const time = String(Date.now());
  const auth = { till: TILL, time, signature: signTill(TILL_KEY, time, "/v1/stream") };
  const socket = io(`http://127.0.0.1:${engine.port}`, { auth, transports: ["websocket"] });
  const answer = (await socket.emitWithAck("receipt", receipt({ customer: { card: "io-1" } }))) as ReceiptAnswer;
  expect(answer).toMatchObject({ ok: true, is: "accepted", points: { earned: 25, balance: 25 } });
  socket.close();
});

describe("a receipt of the past", () => {
  it("counts, and shows nobody anything unless it is said to", async () => {
    const customer = { userId: "past-1" };
    const page = await new StreamClient(engine.port, `writeKey=${SERVER_KEY}`).opened();
    await page.ask({ type: "hello", ...customer, subscribe: true });
    const till = await openTill(engine.port);
    const [off, recorded] = await sendReceipts(till, [
      receipt({ customer, effects: "off", timestamp: "2011-03-04T10:00:00Z" }),
      receipt({ customer, effects: "record" }),
    ]);
    expect(off).toMatchObject({ is: "accepted", points: { earned: 25, balance: 25 }, print: [], show: [] });
    expect(recorded).toMatchObject({ is: "accepted", points: { earned: 25, balance: 50 } });
    expect(recorded?.print).not.toEqual([]);
    const [nobody] = await sendReceipts(till, [receipt({ effects: "off" })]);
    expect(nobody).toMatchObject({ is: "accepted", print: [], show: [] });
    // The page's first push is of the first receipt that may be seen: those before it changed it as well.
    const before = await decisionsOf(customer);
    const seen = page.next();
    await sendReceipts(till, [receipt({ customer, effects: "on" })]);
    const push = await seen;
    expect(push).toMatchObject({ push: "decisions" });
    const pushed = push["decisions"] as readonly { content: string; show: string }[];
    expect(Object.fromEntries(pushed.map(({ content, show }) => [content, show]))).toEqual(before);
    till.socket.close();
    page.socket.close();
  });
});
