/** kill -9 while tills send: what was told stays told, and each receipt is in the ledger once. */
import { expect, it } from "vitest";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { openTill, postReceipts, receipt, sendReceipts } from "../support/till-client.ts";
import type { ReceiptAnswer } from "../support/till-client.ts";

const CUSTOMERS = 20;

const engine = await createEngineOfFile("receipt-faults");

it("after three kills in the middle, every till is told again what it was told first", {
  timeout: 180_000,
}, async () => {
  const told = new Map<string, ReceiptAnswer>();
  const sent = Array.from({ length: 600 }, (_, n) =>
    receipt(n % 6 === 0 ? {} : { customer: { card: `kill-${n % CUSTOMERS}` } }),
  );
  for (let kill = 0; kill < 3; kill++) {
    const socket = await openTill(engine.port);
    for (const each of sent) socket.send({ type: "receipt", ...each });
    const before = 100 + kill * 150;
    for (let heard = 0; heard < before; heard++) keep(told, (await socket.next()) as unknown as ReceiptAnswer);
    await engine.kill();
    await engine.start();
  }
  const socket = await openTill(engine.port);
  for (let from = 0; from < sent.length; from += 100)
    for (const answer of await sendReceipts(socket, sent.slice(from, from + 100))) keep(told, answer);
  socket.socket.close();
  expect(told.size).toBe(sent.length);
  for (let n = 0; n < CUSTOMERS; n++) {
    const receipts = sent.filter((each) => (each.customer as { card?: string } | undefined)?.card === `kill-${n}`);
    const last = await postReceipts(engine.port, receipt({ customer: { card: `kill-${n}` } }));
    expect(last.answer.points?.balance).toBe((receipts.length + 1) * 25);
  }
});

/** Whatever was told first of a receipt is told ever after. */
function keep(told: Map<string, ReceiptAnswer>, answer: ReceiptAnswer): void {
  if (answer.ok !== true) {
    expect(answer.problem?.code).toBe("busy");
    return;
  }
  const { receiptId, points, print, show, flags, messageId } = answer;
  const known = told.get(receiptId);
  if (known === undefined) told.set(receiptId, answer);
  else expect({ points, print, show, flags, messageId }).toMatchObject(parts(known));
}

function parts({ points, print, show, flags, messageId }: ReceiptAnswer) {
  return { ...(points !== undefined && { points }), print, show, flags, messageId };
}
