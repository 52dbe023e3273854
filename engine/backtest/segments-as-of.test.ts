/** Past segments against a slow reading of the same events. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { History, HistoryRecord } from "../history/port.ts";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { createEvent, DAY_MS, NOW } from "../profile/profile-fixtures.ts";
import { segmentsAsOf } from "./segments-as-of.ts";

const RULES = {
  "fields.yaml": "fields: {city: text}\n",
  "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
  "segments/buyer.yaml": "segment: buyer\nwhen: count of order_completed >= 1\n",
  "segments/good.yaml": "segment: good\nwhen: sum of order_completed.total in last 30 days >= 100\n",
  "segments/lapsed.yaml":
    "segment: lapsed\nwhen: in segment buyer and last order_completed was more than 60 days ago\n",
};
const { plan: source, problems } = checkRules(Object.entries(RULES).map(([path, text]) => ({ path, text })));
if (source === undefined) throw new TypeError(JSON.stringify(problems));
const plan = loadPlan(encodePlan(source));

interface Order {
  readonly person: number;
  readonly day: number;
  readonly total: number;
}

const idOf = (person: number) => `0010199000000000000000a${person}` as ProfileId;

/** A history of these records, by shards; every record in a batch of its own, long after it all happened. */
function historyOf(shards: readonly (readonly JournalRecord[])[]): Pick<History, "records" | "watermarks"> {
  const rows = shards.map((records) =>
    records.map((record, index): HistoryRecord => {
      const bytes = encodeBatch({ firstPosition: index + 1, instant: NOW, records: [record] });
      const [split] = splitBatch(bytes);
      if (split === undefined) throw new TypeError("a batch without its record");
      return { position: index + 1, instant: NOW, record: split.record };
    }),
  );
  return {
    watermarks: async () => new Map(rows.map((_, shard) => [shard as ShardId, { epoch: 1, position: 1 }])),
    // Pages smaller than asked for, so that they are turned.
    records: async (shard, after, limit) =>
      (rows[shard] ?? []).filter(({ position }) => position > after).slice(0, Math.min(limit, 3)),
  };
}

function orderRecord({ person, day, total }: Order, index: number): JournalRecord {
  const event = createEvent(`m${index}`, day * DAY_MS, { name: "order_completed", fields: { total } });
  return { kind: "event", profile: idOf(person), creates: false, event };
}

function absorbRecord(winner: number, loser: number): JournalRecord {
  const identifier = { kind: "user", value: "u" } as const;
  const [mergeId, state] = [`m-${winner}-${loser}`, ""];
  const body = {
    ask: "absorb",
    mergeId,
    identifier,
    user: "u",
    loser: idOf(loser),
    winner: idOf(winner),
    state,
  } as const;
  return { kind: "received", from: 1 as ShardId, fromEpoch: 1, n: loser, body, result: { is: "done" } };
}

function slowly(orders: readonly Order[], day: number, personOf: (person: number) => number) {
  const people = new Map<number, Order[]>();
  for (const order of orders.filter((each) => each.day <= day)) {
    const person = personOf(order.person);
    people.set(person, [...(people.get(person) ?? []), order]);
  }
  const inside = (test: (theirs: readonly Order[]) => boolean) => [...people.values()].filter(test).length;
  return {
    at: day * DAY_MS,
    profiles: people.size,
    segments: [
      { name: "buyer", size: people.size },
      {
        name: "good",
        size: inside(
          (theirs) => theirs.filter((each) => each.day > day - 30).reduce((sum, { total }) => sum + total, 0) >= 100,
        ),
      },
      { name: "lapsed", size: inside((theirs) => Math.max(...theirs.map((each) => each.day)) < day - 60) },
    ],
  };
}

const byName = (segments: readonly { readonly name: string }[]) =>
  segments.toSorted((a, b) => (a.name < b.name ? -1 : 1));

const order = fc.record({
  person: fc.integer({ min: 0, max: 5 }),
  day: fc.integer({ min: 14_900, max: 15_100 }),
  total: fc.integer({ min: -50, max: 120 }),
});

it("sizes are those of the day, whatever came after it and whenever it was recorded", async () => {
  const orders = fc.array(fc.record({ order, shard: fc.integer({ min: 0, max: 1 }) }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 14_900, max: 15_150 }), async (mixed, day) => {
      const records = [0, 1].map((shard) =>
        mixed.flatMap((each, index) => (each.shard === shard ? [orderRecord(each.order, index)] : [])),
      );
      const sizes = await segmentsAsOf(historyOf(records), plan, day * DAY_MS);
      const wanted = slowly(
        mixed.map((each) => each.order),
        day,
        (person) => person,
      );
      expect({ ...sizes, segments: byName(sizes.segments) }).toEqual(wanted);
    }),
  );
});

it("people who were found to be one are one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(order, { maxLength: 30 }), async (orders) => {
      // 2 went into 1, and 1 into 0, recorded the other way round; 5 went into 4, who did nothing else perhaps.
      const merges = [absorbRecord(0, 1), absorbRecord(1, 2), absorbRecord(4, 5)];
      const sizes = await segmentsAsOf(historyOf([merges, orders.map(orderRecord)]), plan, 15_000 * DAY_MS);
      const wanted = slowly(orders, 15_000, (person) => (person <= 2 ? 0 : person >= 4 ? 4 : person));
      expect({ ...sizes, segments: byName(sizes.segments) }).toEqual(wanted);
    }),
  );
});
