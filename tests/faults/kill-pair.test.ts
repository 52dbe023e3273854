/** kill -9 of one of two nodes that share a Redis, ten times under load, now the one and now the other. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { pairMissing, startNodePair, untilOwns } from "../support/node-pair.ts";
import type { NodePair } from "../support/node-pair.ts";
import { FAULT_RUN_MS_MAX } from "../support/waiting.ts";

/** Acknowledged before a kill. */
const KILLS = [1, 900, 200, 1_200, 20, 700, 400, 5, 1_000, 600] as const;
/** After these kills the node stays away until the other one has all shards. */
const TAKEN_OVER: readonly number[] = [3, 6];

describe.skipIf(pairMissing !== undefined)(`two nodes ${pairMissing ?? ""}`, () => {
  let pair: NodePair | undefined;

  beforeAll(async () => {
    pair = await startNodePair("kill_pair");
  });

  afterAll(() => pair?.close());

  test("lose no acknowledged event and double none over ten kills", { timeout: FAULT_RUN_MS_MAX }, async () => {
    if (pair === undefined) throw new Error("there is no pair");
    const { nodes, readHistory } = pair;
    const client = startLedgerClient({
      name: "pair",
      urls: nodes.map(({ streamUrl }) => streamUrl),
      seed: 13,
      eventsPerSecondMax: 1_000,
    });
    for (const [kill, acknowledged] of KILLS.entries()) {
      const killed = nodes[kill % 2 === 0 ? 0 : 1];
      const other = nodes[kill % 2 === 0 ? 1 : 0];
      await client.untilAcknowledged(acknowledged);
      await killed.kill();
      if (TAKEN_OVER.includes(kill)) {
        await untilOwns(other, (shards) => shards.length === 8);
        await client.untilAcknowledged(200);
      }
      await killed.start();
    }
    await client.untilAcknowledged(500);
    await expectExactlyOnce({ client, engines: nodes, readHistory });
    expect(client.ledger.duplicates).toBeGreaterThan(0);
  });
});
