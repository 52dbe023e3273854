/** What is read of a record to be folded is what is read of it whole, but for what no fold looks at. */
import { describe, expect, it } from "vitest";
import type { Event, EventName } from "./event.ts";
import { type ProfileId, type ShardId, slotOfProfile, type SourceId } from "./ids.ts";
import { wantFields } from "./json-fields.ts";
import { decodeRecord, decodeToFold, encodeBatch, readRecordSlot, splitBatch } from "./record-codec.ts";
import type { EventRecord, JournalRecord } from "./record.ts";

const PROFILE = "abc0123456789abcdef01234" as ProfileId;
const FIELDS = { price: 12, category: "shoes", list: [{ sku: "a" }] };

const EVENT: Event = {
  type: "track",
  name: "product_viewed" as EventName,
  source: "web" as SourceId,
  messageId: "m1",
  digest: { high: 4_000_000_000, low: 7 },
  bodyHash: 3_000_000_000,
  identifiers: [{ kind: "anonymous", value: "visitor" }],
  proved: true,
  timestamp: 1_767_225_600_123,
  fields: FIELDS,
  body: JSON.stringify({ fields: FIELDS }),
};

function bytesOf(record: JournalRecord): Uint8Array {
  const [split] = splitBatch(encodeBatch({ firstPosition: 1, instant: 1, records: [record] }));
  return split?.record as Uint8Array;
}

function recordOf(event: Partial<Event>, creates = false): EventRecord {
  return { kind: "event", profile: PROFILE, creates, event: { ...EVENT, ...event } };
}

describe("a record to be folded", () => {
  it("has of an event the wanted fields, and neither identifiers, message id nor body", () => {
    const wanted = wantFields(["category"]);
    const read = decodeToFold(bytesOf(recordOf({ receipt: true })), () => wanted);
    const event = { ...EVENT, receipt: true, identifiers: [], messageId: "", body: "", fields: { category: "shoes" } };
    expect(read).toEqual({ kind: "event", profile: PROFILE, creates: false, event });
    expect(decodeToFold(bytesOf(recordOf({})), undefined)).toMatchObject({ event: { fields: FIELDS } });
  });

  it.each<readonly [string, JournalRecord]>([
    ["an event that begins a profile", recordOf({}, true)],
    ["an event that proves nothing", recordOf({ proved: false })],
    ["an event with a lone surrogate", recordOf({ messageId: "\ud800" })],
    ["a transition", { kind: "transition", profile: PROFILE, segment: "vip", entered: true, epoch: 3 }],
    ["a plan", { kind: "plan", digest: "digest" as never }],
    [
      "an answer of another shard",
      {
        kind: "sent",
        to: 1 as ShardId,
        n: 5,
        body: { ask: "claim", identifier: { kind: "user", value: "u" }, profile: PROFILE },
      },
    ],
  ])("is %s as it stands", (_of, record) => {
    const bytes = bytesOf(record);
    if (record.kind !== "event" || record.creates || !record.event.proved)
      expect(decodeToFold(bytes, () => [])).toEqual(record);
    expect(decodeToFold(bytes, undefined)).toEqual(decodeRecord(bytes));
  });

  it("tells whose it is by its head", () => {
    expect(readRecordSlot(bytesOf(recordOf({})))).toBe(slotOfProfile(PROFILE));
    expect(readRecordSlot(bytesOf({ kind: "plan", digest: "digest" as never }))).toBeUndefined();
    expect(() => readRecordSlot(bytesOf(recordOf({})).subarray(0, 9))).toThrow("too early");
  });
});
