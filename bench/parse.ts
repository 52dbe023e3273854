/**
 * What an event costs before any shard looks at it: the gateway's look at its bytes, and the parse in the worker beside its
 * floor (decode and JSON.parse of the same bytes). The sides take turns in short rounds and the best round counts, since
 * a shared machine only ever adds. Run: node dist/bench/parse.js
 */
import { parseEvent } from "../engine/gateway/parse-event.ts";
import { eventReply } from "../engine/gateway/replies.ts";
import { routingHint } from "../engine/gateway/routing-hint.ts";
import type { PlanDigest, ProfileId, SourceId } from "../engine/model/ids.ts";

const ROUNDS = 400;
const EACH_ROUND = 2_000;

const body = Buffer.from(
  JSON.stringify({
    type: "track",
    event: "Product Viewed",
    messageId: "0b5e4a7a-27c1-4f0e-9d53-1fdd6b1f7a3e",
    anonymousId: "f1a9c3d2-7b21-4c65-9c56-0a4d1e2b3c4d",
    timestamp: "2026-05-04T10:11:12.123Z",
    sentAt: "2026-05-04T10:11:12.223Z",
    properties: {
      product_id: "sku-123456-b",
      category: "shoes",
      price: 59.9,
      currency: "EUR",
      quantity: 1,
      name: "Running shoe Alpha 3 blue",
    },
  }),
);
const origin = {
  source: "bench" as SourceId,
  trusted: true,
  visitor: undefined,
  receivedAt: Date.parse("2026-05-04T10:11:12.300Z"),
};
const rules = { identifiers: {}, trustBrowsers: false, serverKeys: [] };
const decoder = new TextDecoder("utf-8", { fatal: true });
const outcome = {
  answer: {
    is: "applied",
    messageId: "0b5e4a7a-27c1-4f0e-9d53-1fdd6b1f7a3e",
    profile: "a3f0199a1b2c3d4e5f607182" as ProfileId,
    resolved: true,
    created: false,
    visitor: undefined,
    decisions: [{ content: "home-hero", show: "hero-shoes", choice: 2 }],
    plan: "p" as PlanDigest,
  },
  messageId: undefined,
} as const;

const parsed = parseEvent(body, origin, rules);
if (!("event" in parsed) || routingHint(body)?.value !== parsed.event.identifiers[0]?.value)
  throw new Error("the answers are wrong: nothing to time");

/** Each returns something of what it made, so that none of it can be left out. */
const SIDES: Readonly<Record<string, () => number>> = {
  "routing hint": () => routingHint(body)?.value.length ?? 0,
  "decode and JSON.parse (floor)": () => (JSON.parse(decoder.decode(body)) as { type: string }).type.length,
  parseEvent: () => ("event" in (last = parseEvent(body, origin, rules)) ? 1 : 0),
  "one decision's reply": () => eventReply(outcome).length,
};
let last: unknown;

const bestNs = new Map<string, number>();
let sum = 0;
for (let round = 0; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(SIDES)) {
    const from = process.hrtime.bigint();
    for (let i = 0; i < EACH_ROUND; i++) sum += run();
    const ns = Number(process.hrtime.bigint() - from) / EACH_ROUND;
    bestNs.set(name, Math.min(bestNs.get(name) ?? Number.POSITIVE_INFINITY, ns));
  }

console.log(`${body.length} bytes an event; best of ${ROUNDS} rounds of ${EACH_ROUND} (${sum} kept, ${typeof last})`);
for (const [name, ns] of bestNs) console.log(`${name.padEnd(32)} ${ns.toFixed(0).padStart(6)} ns`);
