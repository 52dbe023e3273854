import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BytesUnreadable } from "./byte-buffer.ts";
import { EVENT_TYPES, type Event, type EventName, type JsonObject } from "./event.ts";
import { digestText } from "./hash.ts";
import { type CellKey, IDENTIFIER_KINDS } from "./identifier.ts";
import type { PlanDigest, ProfileId, ShardId, SourceId } from "./ids.ts";
import type { ReceiptFacts, ReceiptMark } from "./receipt.ts";
import type { Batch, EventRecord, JournalRecord, PeerBody, PeerResult } from "./record.ts";
import {
  BatchWriter,
  CorruptBatchError,
  decodeBatch,
  decodeEventToFold,
  decodeRecord,
  encodeBatch,
  readBatchHead,
  locateEventColumns,
  readEventColumns,
  splitBatch,
  UnknownRecordError,
} from "./record-codec.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ maxLength: 80 }),
  fc.constantFrom("\ud800", "a\udc00b", "é", ""),
);
const profile = fc.bigInt(0n, 2n ** 96n - 1n).map((n) => n.toString(16).padStart(24, "0") as ProfileId);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const instant = fc.integer({ min: 0, max: 4e12 });
const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const shard = fc.integer({ min: 0, max: 63 }) as fc.Arbitrary<ShardId>;
const identifier = fc.record({ kind: fc.constantFrom(...IDENTIFIER_KINDS), value: text });

function event(fields: JsonObject, rest: Omit<Event, "fields" | "body">): Event {
  // Through JSON, as everything that is recorded has come; -0 and undefined do not exist there.
  const body = JSON.stringify({ fields });
  return { ...rest, fields: (JSON.parse(body) as { fields: JsonObject }).fields, body };
}

const arbitraryEvent = fc
  .tuple(
    fc.dictionary(text, fc.jsonValue()) as fc.Arbitrary<JsonObject>,
    fc.record({
      type: fc.constantFrom(...EVENT_TYPES),
      name: text as fc.Arbitrary<EventName>,
      source: text as fc.Arbitrary<SourceId>,
      messageId: text,
      digest: fc.record({ high: u32, low: u32 }),
      bodyHash: u32,
      identifiers: fc.array(identifier, { maxLength: 5 }),
      proved: fc.boolean(),
      timestamp: fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0),
    }),
  )
  .map(([fields, rest]) => event(fields, rest))
  .chain((each) => fc.constantFrom(each, { ...each, receipt: true as const }));

const amount = fc.integer({ min: -1e13, max: 1e13 });
const facts: fc.Arbitrary<ReceiptFacts> = fc.record({
  source: text as fc.Arbitrary<SourceId>,
  store: text,
  till: text,
  receiptId: text,
  digest: text,
  kind: fc.constantFrom("sale" as const, "return" as const),
  currency: text,
  at: instant,
  lines: counter,
  linesAmount: fc.bigInt({ min: -(10n ** 26n), max: 10n ** 26n }).map(String),
  total: amount,
  refersTo: fc.option(text),
  flags: fc.array(text),
});

const body: fc.Arbitrary<PeerBody> = fc.oneof(
  fc.record({ ask: fc.constant("claim" as const), identifier, profile }),
  fc.record({
    ask: fc.constant("merge" as const),
    profile,
    with: profile,
    identifier,
    user: fc.option(text, { nil: undefined }),
  }),
  fc.record({
    ask: fc.constant("absorb" as const),
    mergeId: text,
    identifier,
    user: fc.option(text, { nil: undefined }),
    loser: profile,
    winner: profile,
    state: text,
  }),
  fc.record({
    ask: fc.constant("rebind" as const),
    cell: text as unknown as fc.Arbitrary<CellKey>,
    from: fc.array(profile),
    to: profile,
  }),
);
const result: fc.Arbitrary<PeerResult> = fc.oneof(
  fc.constantFrom({ is: "done" as const }, { is: "agreed" as const }, { is: "refused" as const }),
  profile.map((by) => ({ is: "taken" as const, by })),
  profile.map((into) => ({ is: "sealed" as const, into })),
);
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant("event" as const), profile, creates: fc.boolean(), event: arbitraryEvent }),
  fc.record({
    kind: fc.constant("transition" as const),
    profile,
    segment: text,
    entered: fc.boolean(),
    epoch: counter,
  }),
  fc.record({ kind: fc.constant("sent" as const), to: shard, n: counter, body }),
  fc.record({ kind: fc.constant("received" as const), from: shard, fromEpoch: counter, n: counter, body, result }),
  fc.record({ kind: fc.constant("answered" as const), to: shard, n: counter, body, result }),
  fc.record({
    kind: fc.constant("ledger" as const),
    profile,
    facts,
    points: amount,
    balance: amount,
    earned: counter,
    reversed: counter,
    eligible: counter,
    answer: text,
  }),
  fc.record({
    kind: fc.constant("receipt" as const),
    cell: text as unknown as fc.Arbitrary<CellKey>,
    mark: text as unknown as fc.Arbitrary<ReceiptMark>,
    unclaimed: fc.option(
      fc.record({
        facts,
        event: fc.record({
          name: text as fc.Arbitrary<EventName>,
          timestamp: instant,
          messageId: text,
          source: text as fc.Arbitrary<SourceId>,
          body: text,
        }),
        answer: text,
      }),
      { nil: undefined },
    ),
  }),
  fc.record({ kind: fc.constant("plan" as const), digest: text as fc.Arbitrary<PlanDigest> }),
);
const batch: fc.Arbitrary<Batch> = fc
  .record({ firstPosition: counter, instant, records: fc.array(record, { maxLength: 8 }) })
  // Plain prototypes, as everything has that the engine makes.
  .map((each) => structuredClone(each));

const example = fc.sample(
  batch.filter(({ records }) => records.length > 4),
  { seed: 7, numRuns: 1 },
)[0] as Batch;

describe("journal batches", () => {
  it("come back from their bytes exactly as they were", () => {
    fc.assert(
      fc.property(batch, (each) => {
        expect(decodeBatch(encodeBatch(each))).toStrictEqual(each);
      }),
      { numRuns: 300 },
    );
  });

  it("are split into records that stand alone", () => {
    fc.assert(
      fc.property(batch, (each) => {
        const parts = splitBatch(encodeBatch(each));
        expect(parts.map(({ record }) => decodeRecord(record.slice()))).toStrictEqual(each.records);
        expect(parts.map(({ position }) => position)).toEqual(each.records.map((_, i) => each.firstPosition + i));
        for (const [i, part] of parts.entries()) {
          const original = each.records[i] as JournalRecord;
          expect(part.kind).toBe(original.kind);
          expect(part.profile).toBe("profile" in original ? original.profile : undefined);
          const whole = decodeRecord(part.record);
          const folded = decodeEventToFold(part.record);
          // What a fold never looks at may be left out.
          const left = { identifiers: [], messageId: "", body: "" };
          expect(folded === undefined ? undefined : { ...folded, ...left }).toEqual(
            whole.kind === "event" ? { ...whole.event, ...left } : undefined,
          );
          const columns = readEventColumns(part.record);
          if (original.kind !== "event") expect(columns).toBeUndefined();
          else {
            const { name, timestamp, messageId, source, body: bodyText } = original.event;
            expect(columns).toStrictEqual({ name, timestamp, messageId, source, body: bodyText });
            const places = locateEventColumns(part.record);
            // Plain texts are always found as bytes, and whatever is found is what the decoder reads.
            if (isPlain(textsOf(original))) expect(places).toBeDefined();
            if (places === undefined) continue;
            const { nameAt, sourceAt, messageIdAt, messageIdEnd, bodyAt } = places;
            const text = (from: number, end?: number) => Buffer.from(part.record.slice(from, end)).toString();
            expect(places.timestamp).toBe(timestamp);
            expect(text(nameAt, sourceAt)).toBe(name);
            expect(text(sourceAt, messageIdAt)).toBe(source);
            expect(text(messageIdAt, messageIdEnd)).toBe(messageId);
            expect(text(bodyAt)).toBe(bodyText);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("cut at any byte are an error", () => {
    const bytes = encodeBatch(example);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeBatch(bytes.subarray(0, length)), `cut to ${length}`).toThrow(CorruptBatchError);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => decodeBatch(longer)).toThrow(CorruptBatchError);
  });

  it("altered at any byte are an error", () => {
    const bytes = encodeBatch(example);
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [1, 0x80, 0xff]) {
        const altered = new Uint8Array(bytes);
        altered[at] = (altered[at] as number) ^ flip;
        let named = false;
        try {
          decodeBatch(altered);
        } catch (error) {
          named = error instanceof CorruptBatchError || error instanceof UnknownRecordError;
        }
        expect(named, `byte ${at}`).toBe(true);
      }
  });

  it("with a record kind or version of a later engine are refused by name", () => {
    const { record: bytes } = splitBatch(encodeBatch(example))[0] as { record: Uint8Array };
    for (const [at, value] of [
      [0, 2],
      [1, 77],
      [1, 0],
    ] as const) {
      const later = new Uint8Array(bytes);
      later[at] = value;
      expect(() => decodeRecord(later)).toThrow(UnknownRecordError);
    }
  });

  it("say their head and digest, and differ in digest when they differ", () => {
    const writer = new BatchWriter();
    const digests = new Set<number>();
    for (const n of [1, 2, 3]) {
      writer.begin(n, 1000);
      for (const each of example.records) writer.add(each);
      const { bytes, count, digest } = writer.finish();
      expect(readBatchHead(bytes)).toEqual({ firstPosition: n, instant: 1000, count, digest });
      expect(count).toBe(example.records.length);
      digests.add(digest);
    }
    expect(digests.size).toBe(3);
  });

  it("a single record that was cut never crashes otherwise than by name", () => {
    for (const { record: bytes } of splitBatch(encodeBatch(example)))
      for (let length = 0; length < bytes.length; length++)
        try {
          decodeRecord(bytes.subarray(0, length));
        } catch (error) {
          expect(error instanceof BytesUnreadable || error instanceof UnknownRecordError, String(error)).toBe(true);
        }
  });
});

const naughty = `${process.env.VIF_TEST_DATA ?? "../shared/data"}/suites/naughty-strings/blns.json`;

describe.skipIf(!existsSync(naughty))("naughty strings (skipped where the shared test data is missing)", () => {
  it("survive in every text of a record", () => {
    const strings = JSON.parse(readFileSync(naughty, "utf8")) as string[];
    expect(strings.length).toBeGreaterThan(500);
    const records = strings.map(
      (each): JournalRecord => ({
        kind: "event",
        profile: "0123456789abcdef01234567" as ProfileId,
        creates: false,
        event: event(
          { [each]: each },
          {
            type: "track",
            name: each as EventName,
            source: each as SourceId,
            messageId: each,
            digest: digestText(each),
            bodyHash: 7,
            identifiers: [{ kind: "user", value: each }],
            proved: true,
            timestamp: 1.7e12,
          },
        ),
      }),
    );
    const each = { firstPosition: 1, instant: 5, records };
    expect(decodeBatch(encodeBatch(each))).toStrictEqual(each);
  });
});

/** All of its texts, in one. */
function textsOf({ event }: EventRecord): string {
  const { name, source, messageId, identifiers, body } = event;
  return [name, source, messageId, ...identifiers.map(({ value }) => value), body].join("");
}

/** ASCII without NUL. */
function isPlain(texts: string): boolean {
  return [...texts].every((char) => char > "\0" && char < "\x80");
}
