/** Scores of histories of which it is known who has bought what, beside a count of who has less that knows no history. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { History } from "../history/port.ts";
import type { JsonObject } from "../model/event.ts";
import type { ProfileId } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import { NO_SCORES, RFM_SOURCE, RFM_TRAIT_NAMES, type RfmScores } from "../model/rfm.ts";
import { createEvent, DAY_MS } from "../profile/profile-fixtures.ts";
import { absorbRecord, embeddedHistoryOf, idOf } from "./backtest-fixtures.ts";
import { type Rfm, type RfmChange, rfmOf } from "./rfm.ts";
import { groupOf } from "./rfm-scores.ts";

let history: History | undefined;
let made = 0;

afterEach(async () => {
  await history?.close();
  history = undefined;
});

function record(name: string, person: number, day: number, fields: JsonObject, source = "shop"): JournalRecord {
  const event = createEvent(`m${++made}`, day * DAY_MS, { name, fields, source });
  return { kind: "event", profile: idOf(person), creates: false, event };
}
const bought = (person: number, day: number, total: unknown) =>
  record("order_completed", person, day, { total } as JsonObject);
const gaveBack = (person: number, day: number, total: number) => record("order_refunded", person, day, { total });
const scored = (person: number, day: number, scores: RfmScores | JsonObject, source: string = RFM_SOURCE) =>
  record("rfm_scored", person, day, { ...scores }, source);

async function told(records: readonly JournalRecord[], traits: readonly ("group" | "recency")[] | "all" = "all") {
  await history?.close();
  history = await embeddedHistoryOf([records]);
  const found: Rfm = await rfmOf(history, traits === "all" ? RFM_TRAIT_NAMES : traits);
  return { ...found, changes: [...found.changes] };
}

const byPerson = (changes: readonly RfmChange[]) => new Map(changes.map(({ profile, scores }) => [profile, scores]));

describe("scores", () => {
  it("are fifths of all customers, equals together in the lowest that one of them reaches", async () => {
    const { customers, changes } = await told([
      ...[1, 2, 3, 4, 5].map((person) => bought(person, person, 10 * person)),
      bought(5, 1, 1),
      bought(4, 1, 1),
    ]);
    expect(customers).toBe(5);
    expect(Object.fromEntries(byPerson(changes))).toEqual({
      [idOf(1)]: { recency: 1, frequency: 1, monetary: 1, group: "lost" },
      [idOf(2)]: { recency: 2, frequency: 1, monetary: 2, group: "hibernating" },
      [idOf(3)]: { recency: 3, frequency: 1, monetary: 3, group: "needs attention" },
      [idOf(4)]: { recency: 4, frequency: 4, monetary: 4, group: "champions" },
      [idOf(5)]: { recency: 5, frequency: 4, monetary: 5, group: "champions" },
    });
  });

  it("count who has become one as one, take returns off, and leave out who has bought nothing", async () => {
    const { customers, changes } = await told([
      bought(1, 1, 50),
      bought(2, 3, 50),
      absorbRecord(1, 2),
      bought(3, 2, 60),
      gaveBack(3, 4, 60),
      gaveBack(4, 4, 10),
      record("page_viewed", 5, 4, {}),
      bought(6, 2, "12"),
    ]);
    expect(customers).toBe(3);
    const scores = byPerson(changes);
    expect([...scores.keys()].sort()).toEqual([1, 3, 6].map(idOf));
    expect(scores.get(idOf(1))).toEqual({ recency: 4, frequency: 4, monetary: 4, group: "champions" });
    // What was given back makes nobody's last purchase later; what is no amount is none.
    expect(scores.get(idOf(3))).toEqual(scores.get(idOf(6)));
    expect(scores.get(idOf(3))).toMatchObject({ recency: 1, frequency: 1, monetary: 1 });
  });

  it("are told where they are others than those recorded last, of the fields that are wanted", async () => {
    const lost = { recency: 1, frequency: 1, monetary: 1, group: "lost" } as const;
    const past = [bought(1, 1, 5), bought(2, 1, 5), bought(3, 1, 5)];
    const { changes } = await told([
      ...past,
      scored(1, 9, { ...lost, group: "loyal" }),
      scored(1, 10, lost),
      scored(2, 10, { ...lost, recency: 2 }),
      // Not the night's own.
      scored(3, 10, lost, "shop"),
      scored(4, 10, lost),
      scored(5, 10, lost),
      scored(5, 11, NO_SCORES),
    ]);
    expect(changes).toEqual([
      { profile: idOf(2), scores: lost },
      { profile: idOf(3), scores: lost },
      { profile: idOf(4), scores: NO_SCORES },
    ]);
    const asked = await told(
      [...past, ...[1, 3].map((n) => scored(n, 1, lost)), scored(2, 1, { group: "lost" })],
      ["group"],
    );
    expect(asked.changes).toEqual([]);
    expect(asked.groups.filter(({ people }) => people > 0)).toEqual([{ group: "lost", people: 3 }]);
  });

  it("are those of a count of who has less, whatever people have done and in whatever order it came", async () => {
    const deed = fc.record({
      person: fc.integer({ min: 1, max: 9 }),
      day: fc.integer({ min: 1, max: 4 }),
      total: fc.constantFrom(0.1, 0.2, 0.3, 10, 20),
      back: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 40 }), async (deeds) => {
        const { changes } = await told(
          deeds.map(({ person, day, total, back }) => (back ? gaveBack : bought)(person, day, total)),
        );
        expect(byPerson(changes)).toEqual(counted(deeds));
      }),
      { numRuns: 15 },
    );
  });

  it("make one of eleven groups each", () => {
    const fifths = [1, 2, 3, 4, 5];
    const all = fifths.flatMap((r) => fifths.flatMap((f) => fifths.map((m) => groupOf(r, f, m))));
    expect(all).not.toContain(undefined);
    expect(new Set(all).size).toBe(11);
    expect(groupOf(5, 5, 4)).toBe("champions");
    expect(groupOf(1, 5, 5)).toBe("cannot lose");
    expect(groupOf(5, 1, 1)).toBe("new");
    expect(groupOf(1, 1, 2)).toBe("lost");
  });
});

interface Deed {
  readonly person: number;
  readonly day: number;
  readonly total: number;
  readonly back: boolean;
}

/** Each beside each other one, in whole tenths. */
function counted(deeds: readonly Deed[]): ReadonlyMap<ProfileId, RfmScores> {
  const people = [...new Set(deeds.filter(({ back }) => !back).map(({ person }) => person))].map((person) => {
    const own = deeds.filter((each) => each.person === person);
    const sales = own.filter(({ back }) => !back);
    return {
      person,
      recency: Math.max(...sales.map(({ day }) => day)),
      frequency: sales.length,
      monetary: own.reduce((sum, { total, back }) => sum + Math.round(total * 10) * (back ? -1 : 1), 0),
    };
  });
  const fifth = (of: "recency" | "frequency" | "monetary", value: number): number => {
    const share = people.filter((other) => other[of] < value).length * 5;
    return [1, 2, 3, 4, 5].findLast((n) => share >= (n - 1) * people.length) ?? 0;
  };
  return new Map(
    people.map((each) => {
      const recency = fifth("recency", each.recency);
      const frequency = fifth("frequency", each.frequency);
      const monetary = fifth("monetary", each.monetary);
      return [idOf(each.person), { recency, frequency, monetary, group: groupOf(recency, frequency, monetary) }];
    }),
  );
}
