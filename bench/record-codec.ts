/**
 * What the journal's binary form costs an event. Run: node --experimental-strip-types bench/record-codec.ts
 */
import { EVENT_TYPES, type Event, type EventName } from "../engine/model/event.ts";
import { digestText } from "../engine/model/hash.ts";
import type { ProfileId, SourceId } from "../engine/model/ids.ts";
import { BatchWriter, decodeBatch, splitBatch } from "../engine/model/record-codec.ts";
import type { JournalRecord } from "../engine/model/record.ts";

const RECORDS = 64;
const ROUNDS = 4_000;

function event(n: number): Event {
  const fields = {
    product_id: `sku-${n % 977}`,
    category: "shoes",
    price: 89.9,
    currency: "EUR",
    url: "https://shop.example/products/running-shoe?color=blue",
    referrer: "https://shop.example/category/shoes",
    position: n % 20,
    quantity: 1,
  };
  const messageId = `01HV${n.toString(36).padStart(20, "0")}`;
  return {
    type: EVENT_TYPES[0],
    name: "product_viewed" as EventName,
    source: "website" as SourceId,
    messageId,
    digest: digestText(messageId),
    bodyHash: 0x9e3779b9,
    identifiers: [{ kind: "anonymous", value: "b1946ac9-2ef4-4b3a-9f6e-0c7d2d6e2f11" }],
    proved: false,
    timestamp: 1_760_000_000_000 + n,
    fields,
    body: JSON.stringify({ fields }),
  };
}

const records: JournalRecord[] = Array.from({ length: RECORDS }, (_, n) => ({
  kind: "event",
  profile: "a3f0199a1b2c3d4e5f607182" as ProfileId,
  creates: false,
  event: event(n),
}));
const writer = new BatchWriter();

function encode(): Uint8Array {
  writer.begin(1, 1_760_000_000_000);
  for (const record of records) writer.add(record);
  return writer.finish().bytes;
}

function nsEach(label: string, run: () => unknown): void {
  for (let i = 0; i < ROUNDS / 4; i++) run();
  const samples: number[] = [];
  for (let sample = 0; sample < 9; sample++) {
    const from = process.hrtime.bigint();
    for (let i = 0; i < ROUNDS / 4; i++) run();
    samples.push(Number(process.hrtime.bigint() - from) / (ROUNDS / 4) / RECORDS);
  }
  samples.sort((a, b) => a - b);
  console.log(`${label.padEnd(32)} ${(samples[0] as number).toFixed(0)} ns an event (best of 9)`);
}

const bytes = encode();
console.log(`${(bytes.length / RECORDS).toFixed(0)} bytes an event`);
nsEach("encode (64 a batch)", encode);
nsEach("split", () => splitBatch(bytes));
nsEach("decode, fields parsed", () => decodeBatch(bytes));
