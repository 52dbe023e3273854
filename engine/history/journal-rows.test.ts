import { expect, test } from "vitest";
import { decodeRecord, encodeBatch } from "../model/record-codec.ts";
import type { EventName } from "../model/event.ts";
import { digestText } from "../model/hash.ts";
import type { ShardId, SourceId } from "../model/ids.ts";
import { PAST_MERGES, person } from "./history-fixtures.ts";
import { rowsOfBatch } from "./journal-rows.ts";

test("only the record by which a profile was absorbed tells of a merge", () => {
  const identifier = { kind: "user", value: '"ask":"absorb"' } as const;
  const records = [
    ...PAST_MERGES.map(({ record }) => decodeRecord(record)),
    {
      kind: "received",
      from: 1 as ShardId,
      fromEpoch: 1,
      n: 9,
      body: { ask: "claim", identifier, profile: person("e") },
      result: { is: "done" },
    } as const,
  ];
  const bytes = encodeBatch({ firstPosition: 1, instant: 0, records });
  const rows = rowsOfBatch(0 as ShardId, { epoch: 1, firstPosition: 1, count: records.length, bytes }, 0);
  expect(rows.map(({ merge }) => merge)).toEqual([
    { loser: person("b"), winner: person("a") },
    undefined,
    { loser: person("d"), winner: person("a") },
    undefined,
  ]);
});

test("texts are told by their place in the record, but those of a body that a database would refuse", () => {
  const said = (messageId: string, title: string) => {
    const fields = { title };
    const event = {
      type: "track",
      name: "product_viewed" as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: 0,
      identifiers: [],
      proved: false,
      timestamp: 5,
      fields,
      body: JSON.stringify({ fields }),
    } as const;
    return { kind: "event", profile: person("a"), creates: false, event } as const;
  };
  const records = [said("m1", "plain"), said("m2", "a \0"), said("m3", "é")];
  const bytes = encodeBatch({ firstPosition: 1, instant: 0, records });
  const rows = rowsOfBatch(0 as ShardId, { epoch: 1, firstPosition: 1, count: records.length, bytes }, 0);
  const found = rows.map(({ profile, event, record }) => ({
    profile,
    name: event?.name,
    source: event?.source,
    messageId: Buffer.from(event?.messageId ?? []).toString(),
    body: Buffer.from(event?.body ?? []).toString(),
    placed: event?.bodyAt === undefined ? undefined : Buffer.from(record).toString("utf8", event.bodyAt),
  }));
  const common = { profile: person("a"), name: "product_viewed", source: "web" };
  const [plain, accent] = ['{"fields":{"title":"plain"}}', '{"fields":{"title":"é"}}'];
  expect(found).toEqual([
    { ...common, messageId: "m1", body: plain, placed: plain },
    { ...common, messageId: "m2", body: '{"fields":{"title":"a \\ufffd"}}', placed: undefined },
    { ...common, messageId: "m3", body: accent, placed: accent },
  ]);
});
