/** What a part is folded to, where of each event only what the plan in force looks at is read. */
import { expect, it } from "vitest";
import type { HistoryRecord } from "../history/port.ts";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { type EventName, type JsonObject, eventName } from "../model/event.ts";
import { digestText, slotOfCell } from "../model/hash.ts";
import { cellKey, type Identifier } from "../model/identifier.ts";
import { createProfileId, type PlanDigest, type ShardId, type SourceId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { encodeRecord } from "../model/record-codec.ts";
import type { EventRecord, JournalRecord } from "../model/record.ts";
import { canonical } from "../profile/port.ts";
import { Refold } from "../shard/refold-port.ts";
import { FoldedPart } from "./fold-part.ts";
import { readRows } from "./history-records.ts";

const SHARD = 0 as ShardId;
const NOW = Date.UTC(2026, 0, 1);
const VISITOR: Identifier = { kind: "anonymous", value: "visitor-1" };
const PERSON = createProfileId(slotOfCell(cellKey(VISITOR)), NOW, 1);

function planOn(field: string): Plan {
  const { plan, problems } = checkRules([
    { path: "fields.yaml", text: "fields: {city: text}\n" },
    {
      path: "events/product_viewed.yaml",
      text: "event: product_viewed\nproperties: {category: text, brand: text, page: text}\n",
    },
    {
      path: "segments/keen.yaml",
      text: `segment: keen\ntitle: Keen\nwhen: distinct of product_viewed.${field} in last 30 days >= 2\n`,
    },
  ]);
  if (plan === undefined) throw new Error(JSON.stringify(problems));
  return loadPlan(encodePlan(plan));
}

const FIRST = planOn("category");
const SECOND = planOn("brand");
const PLANS = new Map<PlanDigest, Plan>([FIRST, SECOND].map((plan) => [plan.digest, plan]));

function eventOf(n: number, { fields, ...more }: { fields: JsonObject } & Partial<EventRecord["event"]>): EventRecord {
  return {
    kind: "event",
    profile: PERSON,
    creates: n === 1,
    event: {
      type: "track",
      name: "product_viewed" as EventName,
      source: "web" as SourceId,
      messageId: `m${n}`,
      digest: digestText(`m${n}`),
      bodyHash: n,
      identifiers: [VISITOR],
      proved: true,
      timestamp: NOW + n,
      fields,
      body: JSON.stringify({ fields }),
      ...more,
    },
  };
}

const viewOf = (n: number): EventRecord =>
  eventOf(n, { fields: { page: `p${n}`, category: `c${n}`, brand: `b${n}`, note: "é" } });

it("reads of each event what the plan looks at that is in force by then, and of some events all", async () => {
  const said = { city: "Lyon" };
  const records: readonly JournalRecord[] = [
    { kind: "plan", digest: FIRST.digest },
    viewOf(1),
    viewOf(2),
    eventOf(3, { type: "identify", name: eventName("identify", ""), fields: said }),
    { kind: "plan", digest: SECOND.digest },
    viewOf(4),
    eventOf(5, {
      fields: { brand: "b5" },
      proved: false,
      identifiers: [VISITOR, { kind: "email", value: "a@b.example" }],
    }),
    viewOf(6),
  ];
  const rows: HistoryRecord[] = records.map((record, index) => {
    return { position: index + 1, instant: NOW + index, record: encodeRecord(record) };
  });
  const planOf = async ({ digest }: { digest: PlanDigest }): Promise<Plan> => PLANS.get(digest) as Plan;
  const around = { shard: SHARD, shards: 1, plan: FIRST };
  const folded = new FoldedPart({
    ...around,
    planOf,
    isOurs: () => true,
    withState: true,
    base: undefined,
    liveAt: () => records.length,
    watermark: records.length,
  });
  const history = {
    records: async (_shard: ShardId, after: number, limit: number) =>
      rows.filter(({ position }) => position > after).slice(0, limit),
    seals: async () => [],
  };
  await folded.read(readRows(history, SHARD, { after: 0, upTo: records.length }));
  expect(folded.flaws).toEqual([]);

  const whole = new Refold({ ...around, epoch: 1, onCell: () => undefined });
  for (const [index, record] of records.entries()) {
    if (record.kind === "plan") whole.beginPlan(await planOf(record));
    whole.fold(record, index + 1, NOW + index);
  }
  const person = whole.person(PERSON);
  if (person === undefined) throw new Error("nobody was folded");
  const expected = canonical(whole.bring(person));
  expect(canonical(folded.profileNow(PERSON) as NonNullable<ReturnType<typeof folded.profileNow>>)).toEqual(expected);
  expect(JSON.stringify(expected)).toContain("a@b.example");
  expect(Object.values((expected as { streams: JsonObject }).streams)).toHaveLength(1);
});
