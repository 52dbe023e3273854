/**
 * SIGSTOP between an attempt and its outcome, with two nodes: the frozen one's messages are another's meanwhile, and it wakes up
 * with calls that hang and with offers that were granted. The frozen node's recording is a pipe, which takes nothing until it
 * is read: a provider that has frozen too. Whatever both of them do, no message goes out twice but where its rule would rather
 * have that.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProfileReport } from "../../engine/control/profile-port.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { CONTROL_TOKEN, SERVER_KEY } from "../support/engine-process.ts";
import { pairMissing, shardsOf, startNodePair, untilOwns } from "../support/node-pair.ts";
import type { NodePair } from "../support/node-pair.ts";
import { createRecordingPipe } from "../support/recording-pipe.ts";
import type { RecordingPipe } from "../support/recording-pipe.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

const SEND = "category: transactional\non: order_completed\n";
const RULES = {
  "rules/events/order_completed.yaml": "event: order_completed\nproperties: {n: number}\n",
  "rules/triggers/once.yaml": `trigger: once\nsend: {template: once, by: webhook}\n${SEND}`,
  "rules/triggers/surely.yaml": `trigger: surely\nsend: {template: surely, by: webhook}\nif unknown: send again\n${SEND}`,
  "templates/webhook/once.hbs": "---\ntype: once\n---\n",
  "templates/webhook/surely.hbs": "---\ntype: surely\n---\n",
};
const SHARDS = 8;
const BEFORE = 60;
const MEANWHILE = 20;

describe.skipIf(pairMissing !== undefined)(`two nodes ${pairMissing ?? ""}`, () => {
  const folder = createTestFolder("freeze-delivering");
  let pair: NodePair | undefined;
  let pipe: RecordingPipe | undefined;

  beforeAll(async () => {
    for (const [path, text] of Object.entries(RULES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    pair = await startNodePair("freeze_delivering", join(folder, "rules"));
  });

  afterAll(async () => {
    await pair?.close();
    pipe?.close();
    removeTestFolder(folder);
  });

  /** Times that each message was taken, by whichever node. */
  function taken(second: EngineProcess): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const all = (pipe?.read() ?? "") + readFileSync(join(second.folder, "recorded.ndjson"), "utf8");
    for (const [, id = ""] of all.matchAll(/"id":"([0-9a-f]{32})"/g)) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }

  test("a node that freezes with calls under way and wakes up sends nothing that another has answered for", {
    timeout: FAULT_RUN_MS_MAX,
  }, async () => {
    if (pair === undefined) throw new Error("there is no pair");
    // Shards fall to one or the other as lots do: the one that freezes has the more of them.
    const owned = await Promise.all(pair.nodes.map(shardsOf));
    const [first, second] =
      (owned[0]?.length ?? 0) < (owned[1]?.length ?? 0) ? ([pair.nodes[1], pair.nodes[0]] as const) : pair.nodes;
    pipe = createRecordingPipe(first.folder);
    // Room for a few messages.
    pipe.fill(64_000);
    for (let n = 0; n < BEFORE; n++) await order(first, n);
    let before: Fired = [];
    await until(
      () => `calls hang in the pipe; ${JSON.stringify(before.slice(0, 3))}`,
      async () => {
        before = await allFired(first, BEFORE);
        return before.filter(({ now }) => now?.state === "under way").length >= 8;
      },
    );
    const underWay = new Set(before.flatMap(({ message, now }) => (now?.state === "under way" ? [message] : [])));
    first.pause();
    await untilOwns(second, (shards) => shards.length === SHARDS);
    for (let n = BEFORE; n < BEFORE + MEANWHILE; n++) await order(second, n);
    first.resume();
    let after: Fired = [];
    await until(
      () => `every message has ended; ${JSON.stringify(after.filter(({ now }) => now?.state !== "ended").slice(0, 3))}`,
      async () => {
        pipe?.read();
        after = await allFired(second, BEFORE + MEANWHILE);
        return after.length === 2 * (BEFORE + MEANWHILE) && after.every(({ now }) => now?.state === "ended");
      },
    );
    const counts = taken(second);
    for (const { trigger, message, now } of after) {
      const times = counts.get(message) ?? 0;
      const what = `${trigger} ${message}, taken ${times} times, ${JSON.stringify(now)}`;
      if (trigger === "once") {
        expect(times, what).toBeLessThanOrEqual(1);
        if (now?.became === "accepted") expect(times, what).toBe(1);
        else expect(now?.became, what).toMatch(/^unknown /);
        if (now?.became !== "accepted") expect(underWay.has(message), what).toBe(true);
      } else {
        expect(now?.became, what).toBe("accepted");
        expect(times, what).toBeGreaterThanOrEqual(1);
      }
    }
    // What hung when the node froze is nobody's to say.
    expect(after.some(({ trigger, now }) => trigger === "once" && now?.became === "unknown crash")).toBe(true);
    for (const node of pair.nodes) expect(node.isRunning(), node.output()).toBe(true);
  });
});

type Fired = ProfileReport["fired"];

async function order({ port }: EngineProcess, n: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/track`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${SERVER_KEY}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ anonymousId: `a${n}`, messageId: `m${n}`, event: "Order Completed", properties: { n } }),
  });
  expect(response.status).toBe(200);
}

async function allFired({ controlPort }: EngineProcess, people: number): Promise<Fired> {
  const fired = async (n: number): Promise<Fired> => {
    const response = await fetch(`http://127.0.0.1:${controlPort}/v1/profile?who=anonymous%3Aa${n}`, {
      headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
    });
    return response.ok ? ((await response.json()) as ProfileReport).fired : [];
  };
  return (await Promise.all(Array.from({ length: people }, (_, n) => fired(n)))).flat();
}
