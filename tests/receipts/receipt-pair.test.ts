/** Tills in front of two nodes that share one Redis: a receipt gets one answer, whichever node it meets. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../source-tree.ts";
import { pairMissing, startNodePair } from "../support/node-pair.ts";
import type { NodePair } from "../support/node-pair.ts";
import { postReceipts, receipt } from "../support/till-client.ts";
import type { ReceiptAnswer } from "../support/till-client.ts";

describe.skipIf(pairMissing !== undefined)(
  `receipts on two nodes${pairMissing ? ` (skipped: ${pairMissing})` : ""}`,
  () => {
    let pair: NodePair;

    beforeAll(async () => {
      pair = await startNodePair("receipt_pair", join(ROOT, "rules"));
    }, 90_000);

    afterAll(() => pair?.close());

    it("are answered alike by both, at once and again after one of them was killed", { timeout: 90_000 }, async () => {
      const [first, second] = pair.nodes;
      const sent = Array.from({ length: 40 }, (_, n) =>
        receipt(n % 5 === 0 ? {} : { customer: { card: `pair-${n}` } }),
      );
      const told = await Promise.all(
        sent.map(async (each) => Promise.all([first, second].map(({ port }) => settled(port, each)))),
      );
      for (const answers of told) {
        expect(answers.filter(({ is }) => is === "accepted").length).toBeLessThanOrEqual(1);
        expect(memory(answers[0])).toEqual(memory(answers[1]));
      }
      await first.kill();
      for (const [index, each] of sent.entries())
        expect(memory(await settled(second.port, each))).toEqual(memory(told[index]?.[0]));
      const other = await postReceipts(second.port, { ...sent[1], customer: { card: "pair-other" } });
      expect(other.answer.problem?.code).toBe("receipt_conflict");
    });
  },
);

/** As a till does: what is busy is sent again. */
async function settled(port: number, sent: object): Promise<ReceiptAnswer> {
  for (let tries = 0; tries < 100; tries++) {
    const { status, answer } = await postReceipts(port, sent);
    if (status === 200) return answer;
    expect(answer.problem?.code).toBe("busy");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("busy for too long");
}

function memory(answer: ReceiptAnswer | undefined) {
  const { receiptId, messageId, flags, points, print, show } = answer as ReceiptAnswer;
  return { receiptId, messageId, flags, points, print, show };
}
