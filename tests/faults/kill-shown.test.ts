/**
 * kill -9 of the node that owns whoever has a message on their page, on the store that nodes share: what a page was shown and
 * nobody has said to have been shown is on show at the next owner, by the same attempt, and comes to one end.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import { CONTROL_TOKEN } from "../support/engine-process.ts";
import { pairMissing, startNodePair, untilOwns } from "../support/node-pair.ts";
import type { NodePair } from "../support/node-pair.ts";
import { OpenPage } from "../support/open-page.ts";
import { say } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX } from "../support/waiting.ts";

const FILES = {
  "rules/events/refunded.yaml": "event: refunded\nproperties: {order_id: text}\n",
  "rules/triggers/refund.yaml":
    "trigger: refund\non: refunded\nsend: {template: refund, by: web}\ncategory: transactional\nexpires: 1 day\n",
  "templates/web/refund.hbs": '---\nen: {text: "Refunded: {{event.order_id}}"}\n---\n<p>{{t.text}}</p>\n',
};
const VISITORS = 12;

describe.skipIf(pairMissing !== undefined)(`two nodes ${pairMissing ?? ""}`, () => {
  const folder = createTestFolder("kill-shown");
  let pair: NodePair | undefined;

  beforeAll(async () => {
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    pair = await startNodePair("kill_shown", join(folder, "rules"));
  });

  afterAll(async () => {
    await pair?.close();
    removeTestFolder(folder);
  });

  test("show a message on a page of either until it was seen, though its owner is killed", {
    timeout: FAULT_RUN_MS_MAX,
  }, async () => {
    if (pair === undefined) throw new Error("there is no pair");
    const [first, second] = pair.nodes;
    // So that some of them are the other node's.
    await Promise.all(
      [first, second].map((node) => untilOwns(node, (shards) => shards.length > 0 && shards.length < 8)),
    );
    const visitors = await Promise.all(Array.from({ length: VISITORS }, () => OpenPage.open(second.port)));
    const messages: (string | undefined)[] = [];
    for (const [n, page] of visitors.entries()) {
      await page.view();
      const properties = { order_id: `W-${n}` };
      await say(first, "/v1/track", {
        anonymousId: page.anonymousId,
        event: "Refunded",
        properties,
        messageId: `r${n}`,
      });
      const { message, html } = await page.message();
      expect(html).toBe(`<p>Refunded: W-${n}</p>`);
      messages.push(message);
    }
    expect(new Set(messages).size).toBe(VISITORS);
    await first.kill();
    await untilOwns(second, (shards) => shards.length === 8);
    const became: unknown[] = [];
    for (const [n, { token, anonymousId }] of visitors.entries()) {
      const page = await OpenPage.open(second.port, token);
      expect((await page.message()).message).toBe(messages[n]);
      await page.shown(messages[n]);
      expect(page.decisions).toEqual([]);
      const who = encodeURIComponent(`anonymous:${anonymousId}`);
      const response = await fetch(`http://127.0.0.1:${second.controlPort}/v1/why?who=${who}&rule=refund`, {
        headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
      });
      became.push(((await response.json()) as WhyReport).fired?.map(({ now }) => [now?.became, now?.attempts]));
    }
    expect(became).toEqual(Array.from({ length: VISITORS }, () => [["accepted", 1]]));
  });
});
