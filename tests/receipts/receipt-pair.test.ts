/** Tills in front of two nodes that share one Redis: a receipt gets one answer, whichever node it meets. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shardOfProfile } from "../../engine/model/ids.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import { ROOT } from "../source-tree.ts";
import { pairMissing, shardsOf, startNodePair } from "../support/node-pair.ts";
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

    it("show in the live feed of either node, wherever their customers live", { timeout: 60_000 }, async () => {
      const [first, second] = pair.nodes;
      const folder = second.folder;
      const seen = vif(folder, "events", "--follow", "--only", "receipt", "--count", "12", "--json");
      const cards = Array.from({ length: 12 }, (_, n) => `feed-${n}`);
      // Until it follows, nobody tells; and what comes at once with much else may be left out.
      const sending = setInterval(() => {
        const customer = { card: cards[Math.floor(Math.random() * cards.length)] };
        void postReceipts(first.port, receipt({ customer })).catch(() => undefined);
      }, 50);
      const { code, out } = await seen;
      clearInterval(sending);
      expect(code).toBe(0);
      const lines = out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { readonly profile: string });
      expect(lines[0]).toMatchObject({
        is: "receipt",
        store: "lyon-1",
        kind: "sale",
        total: 25.5,
        lines: 2,
        points: 25,
      });
      const shards = new Set(lines.map(({ profile }) => shardOfProfile(profile as ProfileId, 8)));
      const [ours, theirs] = [await shardsOf(first), await shardsOf(second)];
      expect([...shards].some((shard) => ours.includes(shard))).toBe(true);
      expect([...shards].some((shard) => theirs.includes(shard))).toBe(true);
    });

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

function vif(folder: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder, VIF_RULES: join(ROOT, "rules") };
    execFile(process.execPath, [join(ROOT, "dist/engine/cli/main.js"), ...args], { env }, (error, out) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out }),
    );
  });
}

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
