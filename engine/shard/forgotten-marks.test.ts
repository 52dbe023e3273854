/** Marks of receipts go once they are old and in history, and a receipt is still told from another one, by history. */
import { afterEach, expect, it } from "vitest";
import { createReceiptParser } from "../gateway/parse-receipt-once.ts";
import { parseEvent } from "../gateway/parse-event.ts";
import { knownReceipt } from "../history/receipt-rows.ts";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import { type NodeId, type ShardId, type SourceId, shardOfSlot } from "../model/ids.ts";
import { slotOfCell } from "../model/hash.ts";
import { decodeBatch } from "../model/record-codec.ts";
import { type KnownReceipt, RECEIPT_AT_CELL, receiptCell, receiptMessageId } from "../model/receipt.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import type { Answer, PeerMessage } from "./port.ts";
import { ShardHost } from "./shard-host.ts";

const SHARDS = 2;
const { plan } = checkRules([
  { path: "fields.yaml", text: "fields:\n  city: {type: text}\n" },
  { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {total: money}\n" },
]);
if (plan === undefined) throw new TypeError("unsound rules");
const PLAN = encodePlan(plan);
const DIGEST = loadPlan(PLAN).digest;
const SOURCE = "till" as SourceId;
const DAY_MS = 86_400_000;

/** A worker's brain with a history that has everything at once, and a clock that can be moved on. */
class Shop {
  readonly store = createReferenceStore(SHARDS, () => Date.now() + this.aheadMs);
  readonly #known = new Map<string, KnownReceipt>();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  asked = 0;
  isHistoryAway = false;
  aheadMs = 0;
  host = this.#create();
  #request = 0;

  #create(): ShardHost {
    const receipts = createReceiptParser({});
    return new ShardHost({
      node: "n1" as NodeId,
      store: this.store,
      history: {
        watermarks: async () => new Map(),
        records: async () => [],
        receipt: async (digest) => {
          this.asked++;
          if (this.isHistoryAway) throw new HistoryUnavailable("away");
          return this.#known.get(digest);
        },
      },
      loadPlan,
      parse: (body, origin, route) =>
        route < RECEIPT_AT_CELL
          ? parseEvent(body, origin, { identifiers: {}, trustBrowsers: false, serverKeys: [] })
          : receipts(body, origin, route),
      clock: { now: () => Date.now() + this.aheadMs, monotonicMs: () => performance.now() + this.aheadMs },
      timers: {
        after: (delayMs, task) => {
          const timer = setTimeout(task, Math.min(delayMs, 20));
          return () => clearTimeout(timer);
        },
      },
      random: { below: (bound) => Math.floor(Math.random() * bound) },
      cacheBytesMax: 8 * 1024 * 1024,
      send: (_link, message) => {
        if (message.kind === "answer") this.#waiting.get(message.request)?.(message.answer);
      },
      sendPeer: (message: PeerMessage) => queueMicrotask(() => this.host.receive(0, message)),
      onShard: () => undefined,
      onAppended: ({ bytes }) => {
        for (const record of decodeBatch(bytes).records) {
          const entry = record.kind === "ledger" ? record : record.kind === "receipt" ? record.unclaimed : undefined;
          if (entry === undefined) continue;
          const { kind, currency, at: occurred_at, lines: line_count, linesAmount: lines_amount, total } = entry.facts;
          const sums = { kind, currency, occurred_at, line_count, lines_amount, total };
          const profile = record.kind === "ledger" ? record.profile : null;
          const known = knownReceipt(
            { profile, earned: 0, eligible: 0, answer: entry.answer, parts: null, ...sums },
            [],
          );
          if (known !== undefined) this.#known.set(entry.facts.digest, known);
        }
      },
    });
  }

  async own(): Promise<void> {
    await this.store.plans.put(DIGEST, PLAN);
    await this.host.activate(DIGEST);
    for (const lease of await this.store.leases.readLeases()) expect(await this.host.claim(lease)).toBe(true);
  }

  async send(receipt: Readonly<Record<string, unknown>>): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(receipt));
    const origin = { source: SOURCE, trusted: true, visitor: undefined, receivedAt: Date.now() + this.aheadMs };
    let shard = 0 as ShardId;
    let route: number = RECEIPT_AT_CELL;
    for (let hop = 0; hop < 8; hop++) {
      const request = ++this.#request;
      const answered = new Promise<Answer>((resolve) => this.#waiting.set(request, resolve));
      const how = { profile: undefined, told: false, decide: false };
      this.host.receive(0, { kind: "event", shard, request, origin, route, body, ...how });
      const answer = await answered;
      if (answer.is !== "moved") return answer;
      ({ shard, route } = answer);
    }
    throw new Error("too many hops");
  }

  async markOf(receiptId: string): Promise<string | undefined> {
    const cell = receiptCell(SOURCE, receiptMessageId({ store: "s", till: "t", receiptId }));
    const [mark] = await this.store.state.loadCells(shardOfSlot(slotOfCell(cell), SHARDS), [cell]);
    return mark;
  }

  /** Some days later, history has all. Receipts come now and then, so that state is written. */
  async pass(days: number): Promise<void> {
    this.aheadMs += days * DAY_MS;
    for (let shard = 0; shard < SHARDS; shard++) this.host.drained(shard as ShardId, 1e9);
    for (let n = 0; n < 30; n++) {
      await this.send({ ...sale(`keeps-it-awake-${days}-${n}`), timestamp: new Date(Date.now() + this.aheadMs) });
      this.aheadMs += 20_000;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** As after a kill. */
  async crash(): Promise<void> {
    const dead = this.host;
    this.host = this.#create();
    await this.own();
    void dead.close().catch(() => undefined);
  }
}

function sale(receiptId: string, fields: Readonly<Record<string, unknown>> = {}) {
  const lines = [{ sku: "a", quantity: 1, unitPrice: 5 }];
  const timestamp = new Date().toISOString();
  return { receiptId, store: "s", till: "t", timestamp, currency: "EUR", kind: "sale", lines, total: 5, ...fields };
}

let shop: Shop | undefined;
afterEach(() => shop?.host.close());

it("a mark goes when it is old and in history, and history answers for it from then on", {
  timeout: 60_000,
}, async () => {
  shop = new Shop();
  await shop.own();
  const theirs = sale("theirs", { customer: { card: "1" } });
  const nobodys = sale("nobodys");
  const claimed = sale("claimed");
  for (const each of [theirs, nobodys, claimed]) expect(await shop.send(each)).toMatchObject({ repeated: false });
  await shop.pass(3);
  expect(await shop.markOf("theirs")).toHaveLength(24);
  await shop.pass(4);
  for (const name of ["theirs", "nobodys", "claimed"]) expect(await shop.markOf(name)).toBeUndefined();
  // Younger ones stay, and cost no question.
  expect(await shop.markOf("keeps-it-awake-4-1")).toHaveLength(24);
  await shop.crash();
  expect(shop.asked).toBe(0);
  expect(await shop.send(theirs)).toMatchObject({ is: "receipt", repeated: true });
  expect(await shop.send(nobodys)).toMatchObject({ is: "receipt", repeated: true });
  const conflict = { is: "refused", problem: { code: "receipt_conflict" } };
  expect(await shop.send({ ...theirs, total: 6 })).toMatchObject(conflict);
  expect(await shop.send({ ...theirs, customer: { card: "2" } })).toMatchObject(conflict);
  expect(await shop.send({ ...theirs, customer: undefined })).toMatchObject(conflict);
  expect(await shop.send({ ...claimed, customer: { card: "1" } })).toMatchObject({ is: "receipt", repeated: false });
  expect(await shop.send({ ...claimed, customer: { card: "1" } })).toMatchObject({ is: "receipt", repeated: true });
  const asked = shop.asked;
  const now = new Date(Date.now() + shop.aheadMs).toISOString();
  expect(await shop.send(sale("new", { timestamp: now, customer: { card: "1" } }))).toMatchObject({ repeated: false });
  expect(shop.asked).toBe(asked);
  expect(await shop.send(sale("old and new", { offline: true }))).toMatchObject({ repeated: false });
  expect(shop.asked).toBe(asked + 1);
});

it("the mark of a till whose clock was ahead stays, as it may come again with another time", async () => {
  shop = new Shop();
  await shop.own();
  const ahead = sale("ahead", { customer: { card: "1" }, timestamp: new Date(Date.now() + 5 * DAY_MS).toISOString() });
  expect(await shop.send(ahead)).toMatchObject({ repeated: false });
  await shop.pass(8);
  expect(await shop.markOf("ahead")).toHaveLength(24);
  expect(await shop.send(ahead)).toMatchObject({ is: "receipt", repeated: true });
}, 60_000);

it("a receipt whose answer only history has is accepted while it is away, and told in full once it is back", async () => {
  shop = new Shop();
  await shop.own();
  const nobodys = sale("nobodys");
  expect(await shop.send(nobodys)).toMatchObject({ repeated: false });
  await shop.pass(1);
  await shop.crash();
  shop.isHistoryAway = true;
  const later = await shop.send(nobodys);
  expect(later).toMatchObject({ is: "receipt", repeated: true, members: expect.stringContaining('"points_later"') });
  // What cannot be told from another one is to be sent again, and not guessed.
  const back = sale("back", { kind: "return", customer: { card: "1" }, refersTo: { receiptId: "long ago" } });
  await shop.send(sale("first", { customer: { card: "1" } }));
  expect(await shop.send(back)).toMatchObject({ is: "busy" });
  shop.isHistoryAway = false;
  const told = await shop.send(nobodys);
  expect(told).toMatchObject({ is: "receipt", repeated: true });
  expect(told).not.toMatchObject({ members: expect.stringContaining("points_later") });
  expect(await shop.send(back)).toMatchObject({ is: "receipt", repeated: false });
}, 60_000);
