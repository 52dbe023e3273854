/**
 * Who has a shard after a node went away: facts of behaviour, whatever time they take. A node that comes back as itself has
 * its own shards again at once and nobody takes them meanwhile; a dead node's shards go to the other; one that was frozen
 * and wakes up when it owns nothing any more does no harm.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { pairMissing, shardsOf, startNodePair, untilOwns } from "../support/node-pair.ts";
import type { NodePair } from "../support/node-pair.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

const SHARDS = 8;

describe.skipIf(pairMissing !== undefined)(`two nodes ${pairMissing ?? ""}`, () => {
  let pair: NodePair | undefined;

  beforeAll(async () => {
    pair = await startNodePair("takeover");
    await untilShared(pair);
  });

  afterAll(() => pair?.close());

  test("a restarted node takes its own shards at once, without waiting for its old lease", async () => {
    const [first, second] = nodesOf(pair);
    const own = await shardsOf(first);
    // Frozen, so that however slow the restart is here, nobody else can take them.
    second.pause();
    await first.kill();
    const before = first.output().length;
    first.launch();
    await untilOwns(first, (shards) => own.every((shard) => shards.includes(shard)));
    second.resume();
    for (const shard of own) expect(first.output().slice(before)).not.toContain(`takes shard ${shard} over`);
    await first.untilReady();
    await untilShared(pair);
  });

  test("a dead node's shards are taken over, serve, and go back when it returns", async () => {
    const [first, second] = nodesOf(pair);
    const own = await shardsOf(first);
    const client = startLedgerClient({ name: "dead", urls: [second.streamUrl], seed: 14, eventsPerSecondMax: 500 });
    await client.untilAcknowledged(100);
    await first.kill();
    await untilOwns(second, (shards) => shards.length === SHARDS);
    for (const shard of own) await second.untilSaid(`takes shard ${shard} over`);
    await client.untilAcknowledged(300);
    await first.start();
    await untilOwns(first, (shards) => own.every((shard) => shards.includes(shard)));
    await client.untilAcknowledged(300);
    await client.settle();
    client.close();
    expect(client.ledger.faults).toEqual([]);
  });

  test("a frozen node that wakes up after it was taken over does no harm", { timeout: FAULT_RUN_MS_MAX }, async () => {
    if (pair === undefined) throw new Error("there is no pair");
    const { nodes, readHistory } = pair;
    const [first, second] = nodes;
    await untilShared(pair);
    // The connections to the frozen node stay as they are, and have their answers when it wakes up.
    const urls = nodes.map(({ streamUrl }) => streamUrl);
    const client = startLedgerClient({ name: "frozen", urls, seed: 15, eventsPerSecondMax: 500 });
    await client.untilAcknowledged(200);
    first.pause();
    await untilOwns(second, (shards) => shards.length === SHARDS);
    await client.untilAcknowledged(200);
    first.resume();
    await untilShared(pair);
    await client.untilAcknowledged(300);
    for (const node of nodes) expect(node.isRunning(), node.output()).toBe(true);
    await expectExactlyOnce({ client, engines: nodes, readHistory });
  });
});

function nodesOf(pair: NodePair | undefined): NodePair["nodes"] {
  if (pair === undefined) throw new Error("there is no pair");
  return pair.nodes;
}

/** Both own some, and together all; a frozen node that wakes up may for a moment think it still has what it had. */
async function untilShared(pair: NodePair | undefined): Promise<void> {
  const [first, second] = nodesOf(pair);
  let owned: readonly (readonly number[])[] = [];
  await until(
    () => `two nodes share the shards; they own ${JSON.stringify(owned)}`,
    async () => {
      owned = await Promise.all([shardsOf(first), shardsOf(second)]);
      return owned.every(({ length }) => length > 0) && owned.flat().length === SHARDS;
    },
  );
}
