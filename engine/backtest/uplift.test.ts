/** What a comparison of holdouts counts, of histories of which it is known: who, in which group, and what of theirs. */
import { afterEach, describe, expect, it } from "vitest";
import type { History } from "../history/port.ts";
import { isHeldOut } from "../model/holdout.ts";
import { createProfileId, type Instant, type ProfileId, type Slot } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import { createEvent, DAY_MS, NOW } from "../profile/profile-fixtures.ts";
import { absorbRecord, embeddedHistoryOf, idOf } from "./backtest-fixtures.ts";
import { UPLIFT, upliftOf, type UpliftQuestion } from "./uplift.ts";

const HOLDOUT = { salt: "spring", percent: 20 };
let history: History | undefined;
let made = 0;

afterEach(async () => {
  await history?.close();
});

function met(
  profile: ProfileId,
  at: Instant,
  parts: { readonly percent?: number; readonly holdout?: string; readonly by?: string } = {},
): JournalRecord {
  const { percent = HOLDOUT.percent, holdout = HOLDOUT.salt, by = "trigger a" } = parts;
  const heldOut = isHeldOut(profile, { salt: holdout, percent });
  return { kind: "exposed", profile, holdout, percent, heldOut, by, at };
}

function ordered(profile: ProfileId, at: Instant, total: unknown): JournalRecord {
  const event = createEvent(`m${++made}`, at, { name: "order_completed", fields: { total } as never });
  return { kind: "event", profile, creates: false, event };
}

function refunded(profile: ProfileId, at: Instant, total: number): JournalRecord {
  const event = createEvent(`m${++made}`, at, { name: "order_refunded", fields: { total } });
  return { kind: "event", profile, creates: false, event };
}

async function told(records: readonly JournalRecord[], parts: Partial<UpliftQuestion> = {}) {
  history = await embeddedHistoryOf([records]);
  return (await upliftOf(history, { ...UPLIFT, since: undefined, at: NOW, ...parts })).holdouts;
}

const START = NOW - 60 * DAY_MS;
const someone = (n: number): ProfileId => createProfileId(7 as Slot, START, n);
/** The first so many of a group. */
function people(group: "held out" | "treated", count: number): readonly ProfileId[] {
  const found: ProfileId[] = [];
  for (let n = 1; found.length < count; n++)
    if (isHeldOut(someone(n), HOLDOUT) === (group === "held out")) found.push(someone(n));
  return found;
}

describe("uplift", () => {
  it("takes what was paid back within the same time off what orders came to, and of other events nothing", async () => {
    const [a] = people("treated", 1) as [ProfileId];
    const [c] = people("held out", 1) as [ProfileId];
    const records = [
      refunded(a, START - 1, 1),
      met(a, START),
      ordered(a, START + 1, 50),
      refunded(a, START + 2, 20),
      refunded(a, START + 3, -5),
      refunded(a, START + 30 * DAY_MS + 1, 7),
      met(c, START),
      refunded(c, START + 1, 30),
    ];
    expect(await told(records)).toMatchObject([
      { treated: { people: 1, converted: 1, value: 25 }, heldOut: { people: 1, converted: 0, value: -30 } },
    ]);
    await history?.close();
    expect(await told(records, { event: "order_refunded" })).toMatchObject([
      { treated: { people: 1, converted: 1, value: 15 }, heldOut: { people: 1, converted: 1, value: 30 } },
    ]);
  });

  it("counts what each group did after it came to the holdout, within its time, and not what brought it there", async () => {
    const [a, b] = people("treated", 2) as [ProfileId, ProfileId];
    const [c] = people("held out", 1) as [ProfileId];
    const [holdout, ...others] = await told([
      ordered(a, START - 1, 5),
      met(a, START),
      ordered(a, START, 7),
      ordered(a, START + 1, 10.5),
      ordered(a, START + 30 * DAY_MS, "20"),
      ordered(a, START + 30 * DAY_MS + 1, 1000),
      met(b, START),
      met(c, START + 5),
      ordered(c, START + 6, { not: "an amount" }),
    ]);
    expect(others).toEqual([]);
    expect(holdout).toMatchObject({
      holdout: "spring",
      percents: [20],
      of: ["trigger a"],
      treated: { people: 2, converted: 1, value: 30.5 },
      heldOut: { people: 1, converted: 1, value: 0 },
      pending: 0,
      both: 0,
    });
    expect(holdout?.conversion?.difference).toBe(-0.5);
    // Three people are too few to say what they spend.
    expect(holdout).not.toHaveProperty("value");
  });

  it("leaves out who came too late, or before the time that is asked about", async () => {
    const [a, b, c] = people("treated", 3) as [ProfileId, ProfileId, ProfileId];
    const records = [met(a, START), met(b, NOW - 30 * DAY_MS), met(c, NOW - 30 * DAY_MS + 1)];
    expect(await told(records)).toMatchObject([{ treated: { people: 2 }, pending: 1 }]);
    await history?.close();
    expect(await told(records, { since: START + 1 })).toMatchObject([{ treated: { people: 1 }, pending: 1 }]);
  });

  it("counts who was two as one, in the group of the profile that is left, from the first time that either came", async () => {
    const two = Array.from({ length: 10 }, (_, n) => idOf(n));
    const winner = two.find((id) => isHeldOut(id, { salt: "s", percent: 50 })) as ProfileId;
    const loser = two.find((id) => !isHeldOut(id, { salt: "s", percent: 50 })) as ProfileId;
    const number = (id: ProfileId): number => Number(id.at(-1));
    expect(
      await told([
        met(loser, START, { holdout: "s", percent: 50 }),
        ordered(loser, START + 2, 3),
        met(winner, START + 5, { holdout: "s", percent: 50 }),
        absorbRecord(number(winner), number(loser)),
      ]),
    ).toMatchObject([
      { holdout: "s", heldOut: { people: 1, converted: 1, value: 3 }, treated: { people: 0 }, both: 1 },
    ]);
  });

  it("finds what is there, and finds nothing where nothing is, with the intervals saying so", async () => {
    const treated = people("treated", 800);
    const heldOut = people("held out", 200);
    const effect = await told([
      ...[...treated, ...heldOut].map((id) => met(id, START)),
      // 30 of 100 against 15 of 100, and as much spent each time.
      ...treated.filter((_, n) => n % 10 < 3).map((id) => ordered(id, START + 9, 40)),
      ...heldOut.filter((_, n) => n % 20 < 3).map((id) => ordered(id, START + 9, 40)),
    ]);
    expect(effect[0]?.conversion?.difference).toBeCloseTo(0.15);
    expect(effect[0]?.conversion?.low).toBeGreaterThan(0);
    expect(effect[0]?.value?.difference).toBeCloseTo(6);
    expect(effect[0]?.value?.low).toBeGreaterThan(0);
    expect(effect[0]?.splitChance).toBeCloseTo(1);
    await history?.close();
    const none = await told([
      ...[...treated, ...heldOut].map((id) => met(id, START)),
      ...[...treated, ...heldOut].filter((_, n) => n % 10 < 3).map((id) => ordered(id, START + 9, 40)),
    ]);
    expect(none[0]?.conversion).toMatchObject({ difference: 0 });
    expect(none[0]?.conversion?.low).toBeLessThan(0);
    expect(none[0]?.value?.high).toBeGreaterThan(0);
  });

  it("says that groups were not made by the draw where half of those held out are missing", async () => {
    const records = [...people("treated", 800), ...people("held out", 100)].map((id) => met(id, START));
    expect((await told(records))[0]?.splitChance).toBeLessThan(0.001);
  });

  it("tells the same by the rule by which each came to it first, and by the channel of that rule, which add up", async () => {
    const [a, b, c] = people("treated", 3) as [ProfileId, ProfileId, ProfileId];
    const [d, e] = people("held out", 2) as [ProfileId, ProfileId];
    const records = [
      met(a, START, { by: "trigger mail" }),
      ordered(a, START + 1, 10),
      met(b, START, { by: "content ticket" }),
      ordered(b, START + 1, 30),
      met(c, START, { by: "trigger letter" }),
      // The later one is of the same person: they came by the first.
      met(d, START, { by: "trigger mail" }),
      met(d, START + 5, { by: "content ticket" }),
      met(e, START, { by: "content ticket" }),
      ordered(e, START + 1, 5),
      met(someone(999), NOW - 1, { by: "trigger gone" }),
    ];
    const channels = { "trigger mail": "email", "trigger letter": "email", "content ticket": "till" };
    const [spring] = await told(records, { channels });
    const figures = (
      parts: readonly { readonly treated: object; readonly heldOut: object; readonly pending: number }[],
    ) => parts.map(({ treated, heldOut, pending }) => [treated, heldOut, pending]);
    const group = (count: number, converted: number, value: number) => ({ people: count, converted, value });
    expect(spring?.channels.map(({ channel }) => channel)).toEqual(["email", "till"]);
    expect(figures(spring?.channels ?? [])).toEqual([
      [group(2, 1, 10), group(1, 0, 0), 0],
      [group(1, 1, 30), group(1, 1, 5), 0],
    ]);
    expect(spring?.rules.map(({ by, channel }) => [by, channel])).toEqual([
      ["content ticket", "till"],
      ["trigger mail", "email"],
      ["trigger letter", "email"],
      ["trigger gone", undefined],
    ]);
    expect(figures(spring?.rules.slice(1) ?? [])).toEqual([
      [group(1, 1, 10), group(1, 0, 0), 0],
      [group(1, 0, 0), group(0, 0, 0), 0],
      [group(0, 0, 0), group(0, 0, 0), 1],
    ]);
    expect(spring).toMatchObject({ treated: group(3, 2, 40), heldOut: group(2, 1, 5), pending: 1 });
  });
});
