/** Tills in front of two nodes that share one Redis: a receipt gets one answer, whichever node it meets. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shardOfProfile } from "../../engine/model/ids.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import { ROOT } from "../source-tree.ts";
import type { EngineProcess } from "../support/engine-process.ts";
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
      const follower = follow(second.folder, "--only", "receipt");
      // Until it follows, nobody tells; and what comes at once with much else may be left out. Each of another customer, so that
      // a node has some of them however few shards it owns just then.
      let customers = 0;
      const sending = setInterval(() => {
        const customer = { card: `feed-${customers++}` };
        void postReceipts(first.port, receipt({ customer })).catch(() => undefined);
      }, 50);
      try {
        const seenOf = async (node: EngineProcess): Promise<boolean> => {
          const shards = await shardsOf(node);
          return follower.seen().some(({ profile }) => shards.includes(shardOfProfile(profile as ProfileId, 8)));
        };
        // The node that is asked tells its own at once, and the other's as soon as that one has heard of it.
        const seenOfBoth = async () => [await seenOf(first), await seenOf(second)];
        await expect.poll(seenOfBoth, { timeout: 50_000 }).toEqual([true, true]);
      } finally {
        clearInterval(sending);
        follower.stop();
      }
      expect(follower.seen()[0]).toMatchObject({
        is: "receipt",
        store: "lyon-1",
        kind: "sale",
        total: 25.5,
        lines: 2,
        points: 25,
      });
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

/** `vif events --follow --json` on a node, and what it has shown so far. */
function follow(folder: string, ...args: readonly string[]) {
  const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder, VIF_RULES: join(ROOT, "rules") };
  const child = spawn(
    process.execPath,
    [join(ROOT, "dist/engine/cli/main.js"), "events", "--follow", "--json", ...args],
    {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let out = "";
  child.stdout.on("data", (part) => (out += String(part)));
  return {
    seen: () =>
      out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { readonly profile: string }),
    stop: () => void child.kill(),
  };
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
