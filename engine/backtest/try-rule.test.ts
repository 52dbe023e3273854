/** What a rule would have done, against the sizes of its segment as of each day, which another code reckons. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { History } from "../history/port.ts";
import { soundSource } from "../language/compile/sound-rules-fixtures.ts";
import { encodePlan, focusPlan, loadPlan } from "../language/port.ts";
import type { JournalRecord } from "../model/record.ts";
import { createEvent, DAY_MS } from "../profile/profile-fixtures.ts";
import { absorbRecord, embeddedHistoryOf, idOf, orderRecord, plan, source } from "./backtest-fixtures.ts";
import { profileAsOf } from "./profile-as-of.ts";
import { segmentsAsOf } from "./segments-as-of.ts";
import { tryRule, type TriedRule, type TryReport, type TrySpan } from "./try-rule.ts";

function focused(of: typeof source, name: string): TriedRule {
  const found = focusPlan(of, name);
  if (found === undefined) throw new TypeError(`no rule ${name}`);
  const events = found.readsAttributes ? [...found.events, "identified"] : found.events;
  return { name, kind: found.kind, plan: loadPlan(encodePlan(found.plan)), events, rivalEvents: found.rivalEvents };
}

function tried(history: History, name: string, span: TrySpan): Promise<TryReport> {
  return tryRule(history, focused(source, name), span, () => undefined);
}

const order = fc.record({
  person: fc.integer({ min: 0, max: 5 }),
  day: fc.integer({ min: 14_900, max: 15_100 }),
  total: fc.integer({ min: -50, max: 120 }),
});
const shards = fc.array(fc.array(order, { maxLength: 20 }), { minLength: 1, maxLength: 2 });

it("every day's size is that of the segment as of the end of the day, and flips make up the difference", async () => {
  await fc.assert(
    fc.asyncProperty(
      shards,
      fc.constantFrom("buyer", "good", "lapsed"),
      fc.integer({ min: 14_890, max: 15_090 }),
      fc.integer({ min: 1, max: 12 }),
      async (orders, name, from, length) => {
        let n = 0;
        const records = orders.map((each) => each.map((one): JournalRecord => orderRecord(one, n++)));
        const merges = [absorbRecord(0, 1), absorbRecord(4, 5)];
        const history = await embeddedHistoryOf([...records, merges]);
        try {
          const span = { since: from * DAY_MS, until: (from + length) * DAY_MS - 1 };
          const report = await tried(history, name, span);
          if (report.kind !== "segment") throw new TypeError("a segment is told as one");
          const sizeAt = async (at: number): Promise<number> => {
            const { segments } = await segmentsAsOf(history, plan, at);
            return segments.find((segment) => segment.name === name)?.size ?? -1;
          };
          expect(report.insideBefore).toBe(await sizeAt(span.since));
          expect(report.insideNow).toBe(await sizeAt(span.until));
          expect(report.days).toHaveLength(length);
          for (const [index, { inside }] of report.days.entries())
            expect(inside, `day ${index}`).toBe(await sizeAt((from + index + 1) * DAY_MS - 1));
          expect(report.insideBefore + report.entered - report.left).toBe(report.insideNow);
          expect(report.some).toHaveLength(Math.min(20, report.insideNow));
        } finally {
          await history.close();
        }
      },
    ),
    { numRuns: 12 },
  );
}, 60_000);

it("a content is told by what each person would be shown, by attributes too", async () => {
  const rules = soundSource({
    "fields.yaml": "fields: {city: text}\n",
    "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
    "segments/other.yaml": "segment: other\nwhen: count of order_completed where total > 5 >= 1\n",
    "segments/buyer.yaml": "segment: buyer\nwhen: count of order_completed >= 1\n",
    "content/hero.yaml":
      "content: hero\nfirst of:\n  - {when: in segment buyer and city = Paris, show: a}\n  - {when: in segment buyer, show: b}\notherwise: c\n",
  });
  const rule = focused(rules, "hero");
  expect(rule.events).toEqual(["order_completed", "identified"]);
  expect(rule.plan.segments).toEqual(["buyer"]);
  const said = (person: number, city: string): JournalRecord => ({
    kind: "event",
    profile: idOf(person),
    creates: false,
    event: createEvent(`c${person}`, 15_000 * DAY_MS, { type: "identify", name: "identified", fields: { city } }),
  });
  const bought = [0, 1, 3].map((person, index) => orderRecord({ person, day: 15_001, total: 1 }, index));
  const history = await embeddedHistoryOf([[said(0, "Paris"), said(1, "Lyon"), said(2, "Paris"), ...bought]]);
  const told: number[] = [];
  const span = { since: 15_000 * DAY_MS, until: 15_002 * DAY_MS };
  const report = await tryRule(history, rule, span, ({ events }) => told.push(events));
  await history.close();
  expect(report).toEqual({
    kind: "content",
    rule: "hero",
    ...span,
    events: 6,
    people: 4,
    shows: [
      { show: "b", people: 2 },
      { show: "a", people: 1 },
      { show: "c", people: 1 },
    ],
  });
  expect(told.at(-1)).toBe(6);
});

it("a trigger is told by the messages that it would have set off, within its bounds", async () => {
  const rules = soundSource({
    "fields.yaml": "fields: {city: text}\n",
    "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
    "segments/buyer.yaml": "segment: buyer\nwhen: count of order_completed in last 10 days >= 2\n",
    "triggers/thanks.yaml":
      "trigger: thanks\non: order_completed where total >= 10\nsend: {template: t, by: email}\nat most: 1 per 5 days\n",
    "triggers/again.yaml": "trigger: again\non: left segment buyer\nsend: {template: t, by: email}\n",
    "triggers/silent.yaml":
      "trigger: silent\non: order_completed then no order_completed within 5 days\nsend: {template: t, by: email}\n",
  });
  const orders = [
    { person: 0, day: 15_000, total: 20 },
    { person: 0, day: 15_003, total: 20 },
    { person: 0, day: 15_007, total: 20 },
    { person: 1, day: 15_004, total: 5 },
    { person: 2, day: 15_004, total: 10 },
    // Before anybody looks.
    { person: 3, day: 14_000, total: 99 },
  ];
  const history = await embeddedHistoryOf([orders.map(orderRecord)]);
  const span = { since: 14_999 * DAY_MS, until: 15_040 * DAY_MS };
  const thanks = await tryRule(history, focused(rules, "thanks"), span, () => undefined);
  const again = await tryRule(history, focused(rules, "again"), span, () => undefined);
  const silent = await tryRule(history, focused(rules, "silent"), span, () => undefined);
  await history.close();
  expect(thanks).toMatchObject({ kind: "trigger", fired: 3, reached: 2, some: [idOf(0), idOf(2)] });
  // The third order makes two in ten days until the second is ten days old.
  expect(again).toMatchObject({ kind: "trigger", fired: 1, reached: 1 });
  const daysOf = (report: TryReport) => {
    if (report.kind !== "trigger") throw new TypeError("a trigger is told as one");
    return report.days.filter(({ fired }) => fired > 0).map(({ day, fired }) => [Date.parse(day) / DAY_MS, fired]);
  };
  expect(daysOf(again)).toEqual([[15_013, 1]]);
  expect(daysOf(silent)).toEqual([
    [15_009, 2],
    [15_012, 1],
  ]);
});

it("of a trigger's messages it is told which would have gone out, and why the others would not", async () => {
  const rules = soundSource({
    "consent.yaml": "purposes:\n  marketing: {title: News, channels: [email], unasked: refused}\n",
    "pressure.yaml": "caps:\n  - {category: marketing, at most: 1 per 7 days}\n",
    "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
    "triggers/thanks.yaml": "trigger: thanks\non: order_completed\nsend: {template: t, by: email}\n",
  });
  let n = 0;
  const said = (person: number, day: number, consent: string): JournalRecord => ({
    kind: "event",
    profile: idOf(person),
    creates: false,
    event: {
      ...createEvent(`i${(n += 1)}`, day * DAY_MS, { type: "identify", fields: { consent: { marketing: consent } } }),
      identifiers: [{ kind: "email", value: `p${person}@example.fr` }],
      proved: true,
    },
  });
  const orders = [
    // The second within the week of the first; the third after a change of mind.
    ...[15_001, 15_003, 15_020].map((day) => ({ person: 0, day, total: 20 })),
    // Has not said anything, and then no address either.
    { person: 1, day: 15_002, total: 20 },
  ];
  const history = await embeddedHistoryOf([
    [said(0, 15_000, "granted"), ...orders.map(orderRecord), said(0, 15_010, "refused")],
  ]);
  const span = { since: 15_000 * DAY_MS + 1, until: 15_040 * DAY_MS };
  const report = await tryRule(history, focused(rules, "thanks"), span, () => undefined);
  await history.close();
  expect(report).toMatchObject({
    kind: "trigger",
    events: 4,
    people: 2,
    fired: 4,
    reached: 2,
    sent: 1,
    skipped: [
      { reason: "no_consent", messages: 1 },
      { reason: "pressure", messages: 1 },
      { reason: "unreachable", messages: 1 },
    ],
  });
});

it("of a trigger it is told how others press upon its messages, by which cap and which rule, and what it keeps from others", async () => {
  const trigger = (name: string, more: string): Readonly<Record<string, string>> => ({
    [`triggers/${name}.yaml`]: `trigger: ${name}\nsend: {template: t, by: email}\n${more}`,
  });
  const rules = soundSource({
    "consent.yaml": "purposes:\n  marketing: {title: News, channels: [email], unasked: allowed}\n",
    "pressure.yaml": "caps:\n  - {category: marketing, at most: 2 per 7 days}\n",
    "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
    "events/product_viewed.yaml": "event: product_viewed\nproperties: {price: money}\n",
    ...trigger("offer", "on: order_completed where total >= 10\npriority: 50\n"),
    ...trigger("better", "on: order_completed where total >= 100\npriority: 90\n"),
    ...trigger("worse", "on: order_completed where total >= 50\npriority: 10\n"),
    ...trigger("seen", "on: product_viewed\n"),
    // Presses upon nothing: it neither competes nor is counted.
    ...trigger("owed", "on: order_completed\ncategory: transactional\n"),
  });
  const known = (person: number): JournalRecord => ({
    kind: "event",
    profile: idOf(person),
    creates: false,
    event: {
      ...createEvent(`known${person}`, 15_000 * DAY_MS, { type: "identify", fields: {} }),
      identifiers: [{ kind: "email", value: `p${person}@example.fr` }],
      proved: true,
    },
  });
  const viewed = (person: number, day: number): JournalRecord => ({
    kind: "event",
    profile: idOf(person),
    creates: false,
    event: createEvent(`v${person}-${day}`, day * DAY_MS, { name: "product_viewed", fields: { price: 1 } }),
  });
  const history = await embeddedHistoryOf([
    [
      ...[0, 1, 2].map((person) => known(person)),
      // Loses against the better one.
      orderRecord({ person: 0, day: 15_001, total: 100 }, 1),
      // Goes before the worse one.
      orderRecord({ person: 1, day: 15_001, total: 50 }, 2),
      // Two of another trigger fill the week.
      viewed(2, 15_001),
      viewed(2, 15_002),
      orderRecord({ person: 2, day: 15_003, total: 20 }, 3),
      orderRecord({ person: 2, day: 15_012, total: 20 }, 4),
    ],
  ]);
  const span = { since: 15_000 * DAY_MS + 1, until: 15_040 * DAY_MS };
  const offer = await tryRule(history, focused(rules, "offer"), span, () => undefined);
  await history.close();
  expect(offer).toMatchObject({
    kind: "trigger",
    // Of its own event, not of those that are read for the others.
    events: 4,
    fired: 4,
    sent: 2,
    skipped: [
      { reason: "outbid", messages: 1, by: [{ name: "better", messages: 1 }] },
      { reason: "pressure", messages: 1, by: [{ name: "marketing at most 2 per 7 days", messages: 1 }] },
    ],
    outbids: [{ trigger: "worse", messages: 1 }],
  });
});

it("when segments were entered and left is told by living through the past", async () => {
  const rules = soundSource({
    "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
    "segments/buyer.yaml": "segment: buyer\nwhen: count of order_completed in last 10 days >= 2\n",
    "segments/new-buyer.yaml": "segment: new-buyer\nwhen: entered segment buyer in last 3 days\n",
    "segments/lost.yaml": "segment: lost\nwhen: left segment buyer in last 5 days\n",
  });
  const orders = [
    { person: 0, day: 15_000, total: 20 },
    { person: 0, day: 15_004, total: 20 },
    { person: 0, day: 15_006, total: 20 },
    { person: 1, day: 15_004, total: 5 },
  ];
  const history = await embeddedHistoryOf([orders.map(orderRecord)]);
  const living = loadPlan(encodePlan(rules));
  const [isNew, wasLost] = [new Set<number>(), new Set<number>()];
  for (let day = 15_000; day < 15_030; day++) {
    // The day's last moment, as orders come at some moment of it.
    const at = (day + 1) * DAY_MS - 1;
    const { segments } = await segmentsAsOf(history, living, at);
    const size = (name: string) => segments.find((segment) => segment.name === name)?.size;
    if (size("new-buyer") === 1) isNew.add(day);
    if (size("lost") === 1) wasLost.add(day);
    const profile = await profileAsOf(history, { id: idOf(0), absorbed: [], plan: living }, at);
    expect(profile.inSegment(living.segments.indexOf("new-buyer")), `day ${day}`).toBe(isNew.has(day));
  }
  expect([...isNew]).toEqual([15_004, 15_005, 15_006]);
  // The second of three orders is ten days old on day 15,014.
  expect([...wasLost]).toEqual([15_014, 15_015, 15_016, 15_017, 15_018]);
  const span = { since: 15_005 * DAY_MS, until: 15_040 * DAY_MS };
  const report = await tryRule(history, focused(rules, "new-buyer"), span, () => undefined);
  await history.close();
  expect(report).toMatchObject({ kind: "segment", insideBefore: 1, insideNow: 0, entered: 0, left: 1 });
});

it("a rule of no such name is none", () => {
  expect(focusPlan(source, "nobody")).toBeUndefined();
});
