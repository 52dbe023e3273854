/** Past segments against a slow reading of the same events. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { JournalRecord } from "../model/record.ts";
import { DAY_MS } from "../profile/profile-fixtures.ts";
import { absorbRecord, embeddedHistoryOf, type Order, orderRecord, plan } from "./backtest-fixtures.ts";
import { type SegmentSizes, segmentsAsOf } from "./segments-as-of.ts";

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

async function sizesOf(records: readonly (readonly JournalRecord[])[], day: number): Promise<SegmentSizes> {
  const history = await embeddedHistoryOf(records);
  try {
    return await segmentsAsOf(history, plan, day * DAY_MS);
  } finally {
    await history.close();
  }
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
      const sizes = await sizesOf(records, day);
      const wanted = slowly(
        mixed.map((each) => each.order),
        day,
        (person) => person,
      );
      expect({ ...sizes, segments: byName(sizes.segments) }).toEqual(wanted);
    }),
    { numRuns: 20 },
  );
});

it("people who were found to be one are one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(order, { maxLength: 30 }), async (orders) => {
      // 2 went into 1, and 1 into 0, recorded the other way round; 5 went into 4, who did nothing else perhaps.
      const merges = [absorbRecord(0, 1), absorbRecord(1, 2), absorbRecord(4, 5)];
      const sizes = await sizesOf([merges, orders.map(orderRecord)], 15_000);
      const wanted = slowly(orders, 15_000, (person) => (person <= 2 ? 0 : person >= 4 ? 4 : person));
      expect({ ...sizes, segments: byName(sizes.segments) }).toEqual(wanted);
    }),
    { numRuns: 20 },
  );
});
