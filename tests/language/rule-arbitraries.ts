/**
 * Random sound rules over a small model, and random profiles to try them on: for properties that must hold for every rule.
 * Rules are made as text, so that the parser and the checker are part of what is tried.
 */
import fc from "fast-check";
import { aggregateLines } from "./aggregate-arbitraries.ts";
import { checkRules, type PlanSource, type RuleFile } from "../../engine/language/port.ts";
import type { Json, JsonObject } from "../../engine/model/event.ts";
import type { FieldValue } from "../../engine/model/plan.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** The instant around which everything happens. */
export const EPOCH = Date.parse("2026-03-01T12:00:00Z");

const MODEL: readonly RuleFile[] = [
  {
    path: "fields.yaml",
    text: `fields:
  city: text
  nick: text
  age: number
  score: number
  credit: money
  debt: money
  vip: boolean
  joined: date
  born: birthday
  renewed: instant
  opens: time
  stay: duration
  share: percentage
  tags: list
  zone: text
`,
  },
  {
    path: "brand.yaml",
    text: "brand: b\ntime zone: Europe/Paris\ncustomer time zone: zone\nweek begins on: sunday\n",
  },
  {
    path: "events/seen.yaml",
    text: "event: seen\nproperties: {kind: text, price: money, rank: number, sale: boolean, on: date, marks: list, deep.value: number}\n",
  },
  { path: "events/bought.yaml", text: "event: bought\nproperties: {total: money, units: number, code: text}\n" },
  { path: "events/left.yaml", text: "event: left\n" },
];

const texts = fc.constantFrom("Paris", "Lyon", "New York", 'a "b" c', "d\\e", "", "élan", "o'clock");
const numbers = fc.oneof(fc.integer({ min: -3, max: 8 }), fc.constantFrom(0.5, 1.25, -0.0001, 100));
const ages = fc.constantFrom("30 seconds", "1 hour", "36 hours", "2 days", "1 week", "1 month");
const dates = fc
  .integer({ min: -40, max: 10 })
  .map((days) => new Date(EPOCH + days * DAY_MS).toISOString().slice(0, 10));
const quote = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
const orders = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");
const equals = fc.constantFrom("=", "!=", "is", "is not");

const fill = (parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((words) => words.join(" "));
const say = (word: string) => fc.constant(word);

function onText(name: string): fc.Arbitrary<string> {
  const values = fc.array(texts.map(quote), { minLength: 1, maxLength: 9 }).map((list) => `[${list.join(", ")}]`);
  const part = texts.filter((text) => text !== "").map(quote);
  return fc.oneof(
    fill([say(name), equals, texts.map(quote)]),
    fill([say(name), fc.constantFrom("in", "not in"), values]),
    fill([say(name), fc.constantFrom("contains", "starts with", "ends with"), part]),
    fill([say(name), fc.constantFrom("is known", "is unknown")]),
  );
}

function onNumber(name: string, other: string): fc.Arbitrary<string> {
  const list = fc.array(numbers, { minLength: 1, maxLength: 9 }).map((values) => `[${values.join(", ")}]`);
  return fc.oneof(
    fill([say(name), orders, numbers.map(String)]),
    fill([say(name), orders, say(other)]),
    fill([say(name), fc.constantFrom("in", "not in"), list]),
    fc.tuple(numbers, numbers).map(([a, b]) => `${name} between ${Math.min(a, b)} and ${Math.max(a, b)}`),
    fill([say(name), fc.constantFrom("is known", "is unknown")]),
  );
}

const inWhere = fc.oneof(
  onText("kind"),
  onNumber("price", "price"),
  onNumber("rank", "deep.value"),
  fc.constantFrom("sale", "not (sale and rank > 2)", "sale = false", "sale is known"),
  fill([say("on"), orders, dates]),
  fill([say("marks contains"), texts.map(quote)]),
);
const where = fc.oneof(
  { weight: 2, arbitrary: say("") },
  {
    weight: 1,
    arbitrary: fc.tuple(inWhere, fc.constantFrom("and", "or"), inWhere).map(([a, op, b]) => ` where (${a} ${op} ${b})`),
  },
  { weight: 1, arbitrary: inWhere.map((line) => ` where ${/^(not|sale$)/.test(line) ? `(${line})` : line}`) },
);
const days = fc
  .tuple(dates, dates)
  .chain(([a, b]) =>
    fc.constantFrom(
      "today",
      "this week",
      "this month",
      "this year",
      `since ${a}`,
      `between ${a < b ? a : b} and ${a < b ? b : a}`,
    ),
  );
const window = fc.oneof(
  { weight: 2, arbitrary: ages.map((age) => ` in last ${age}`) },
  { weight: 2, arbitrary: fc.constantFrom("", " ever") },
  { weight: 1, arbitrary: fc.tuple(days, fc.constantFrom("", " in brand time")).map(([d, by]) => ` ${d}${by}`) },
);
const counted = fc.oneof(
  where.map((w) => `count of seen${w}`),
  say("count of bought"),
  say("count of left"),
);
const counts = fc.tuple(counted, window).map(([what, w]) => what + w);
const whole = fc.integer({ min: 1, max: 5 });

const onCount = fc.oneof(
  fill([counts, fc.constantFrom("<", ">=", ">", "<=", "=", "!="), whole.map(String)]),
  fill([
    counts,
    fc.constantFrom("in", "not in"),
    fc.array(whole, { minLength: 1 }).map((list) => `[${list.join(", ")}]`),
  ]),
  fc.tuple(counts, whole, whole).map(([c, a, b]) => `${c} between ${Math.min(a, b)} and ${Math.max(a, b)}`),
  fill([counts, orders, say("score")]),
  fill([counts, orders, counts]),
  fill([counts, say("= 0")]),
);
const sums = fc
  .tuple(fc.constantFrom("bought.total", "bought.units", "seen.price", "seen.deep.value"), window)
  .map(([of, w]) => `sum of ${of}${w}`);
const isMoney = (sum: string) => / of (?:bought\.total|seen\.price)/.test(sum);
const ofEvents = aggregateLines({
  ...{ where, window, ages, texts, dates, orders, numbers, whole, quote, fill, onText, isMoney },
});
const onSum = fc.oneof(
  fill([sums, orders, numbers.map(String)]),
  fc.tuple(sums, orders).map(([sum, op]) => `${sum} ${op} ${isMoney(sum) ? "credit" : "score"}`),
);
const instants = fc.oneof(
  fc.constantFrom("joined", "renewed", "last bought", "first bought", "last left"),
  where.map((w) => `last seen${w}`),
);
const onInstant = fc.oneof(
  fc.tuple(instants, fc.constantFrom("more", "less"), ages).map(([x, how, age]) => `${x} was ${how} than ${age} ago`),
  fill([instants, fc.constantFrom("was before", "was after", "=", "!="), dates]),
  fc.tuple(instants, dates, dates).map(([x, a, b]) => `${x} between ${a < b ? a : b} and ${a < b ? b : a}`),
  fill([instants, fc.constantFrom("is known", "is unknown")]),
  fill([say("joined <"), fc.constantFrom("renewed", "last bought")]),
);

const onClock = fc.oneof(
  fill([fc.constantFrom("joined", "born", "renewed"), fc.constantFrom("is today", "is not today", "is tomorrow")]),
  fill([fc.constantFrom("joined", "born"), fc.constantFrom("within next 7 days", "within last 30 days")]),
  fill([
    say("anniversary of"),
    fc.constantFrom("joined", "renewed"),
    fc.constantFrom("is today", "within next 20 days"),
  ]),
  fill([fc.constantFrom("renewed", "last bought"), fc.constantFrom("within next 2 days", "within last 36 hours")]),
  fill([fc.constantFrom("days since joined", "years since born", "days until renewed"), orders, whole.map(String)]),
  fill([say("local time"), orders, fc.constantFrom("09:00", "12:00", "13:30", "opens")]),
  fill([say("local time between"), fc.constantFrom("09:00", "opens"), say("and"), fc.constantFrom("08:00", "20:00")]),
  fc.constantFrom(
    "weekday in [mon..fri]",
    "weekday is sunday",
    "today >= 2026-03-02",
    "local time > 12:00 in brand time",
  ),
);
const onWorked = fc.oneof(
  fill([
    fc.constantFrom("age + score", "age - score * 2", "(age + 1) / score", "round(age / 3)"),
    orders,
    numbers.map(String),
  ]),
  fill([
    fc.constantFrom("credit + debt", "credit * 2", "debt * share", "round(credit) - 10"),
    orders,
    numbers.map(String),
  ]),
  fill([fc.constantFrom("credit / debt", "size of tags", "size of tags * age"), orders, whole.map(String)]),
  fill([fc.constantFrom("renewed - joined", "stay * 2", "stay + 1 hour"), orders, fc.constantFrom("2 days", "stay")]),
  fill([
    fc.constantFrom("joined + 3 days", "joined + stay", "renewed - stay"),
    orders,
    fc.constantFrom("joined", "renewed"),
  ]),
  fill([
    fc.constantFrom("sum of bought.total / count of bought", "credit - sum of bought.total"),
    orders,
    numbers.map(String),
  ]),
  fill([fc.constantFrom("lowercase(city)", "uppercase(`nick`)"), equals, texts.map(quote)]),
  fill([fc.constantFrom("share", "share / 2"), orders, fc.constantFrom("20%", "0%", "-5%", "12.5%")]),
  fill([say("opens"), orders, fc.constantFrom("09:00", "23:59")]),
  fill([
    say("tags has"),
    fc.constantFrom("any of", "all of", "none of"),
    fc.constantFrom('["Paris"]', '["Paris", "Lyon"]'),
  ]),
  fill([say("city matches"), fc.constantFrom('"P*"', '"*r?s"', '"*"', '"New *k"', '"?????"')]),
);

function line(segments: readonly string[]): fc.Arbitrary<string> {
  const plain = [
    onText("city"),
    onNumber("age", "score"),
    onNumber("credit", "debt"),
    fc.constantFrom(
      "vip",
      "not vip",
      "vip = true",
      "vip is not true",
      "city = `nick`",
      "city != `nick`",
      "nick contains `city`",
    ),
    fill([say("tags contains"), texts.map(quote)]),
    onCount,
    onCount,
    onSum,
    ...ofEvents,
    onInstant,
    window.map((w) => `never left${w}`),
    fc.constantFrom("never bought", "not never seen"),
    onClock,
    onWorked,
  ];
  const known = segments.flatMap((name) => [
    fc.constantFrom(`in segment ${name}`, `not in segment ${name}`),
    fill([fc.constantFrom("entered segment", "not left segment"), say(name), say("in last"), ages]),
  ]);
  return fc.oneof(...plain, ...known);
}

function condition(segments: readonly string[]): fc.Arbitrary<unknown> {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      line(segments),
      fc
        .tuple(line(segments), fc.constantFrom("and", "or"), line(segments))
        .map(([a, op, b]) => `${a} ${op} not (${b})`),
      fc
        .tuple(
          fc.constantFrom("all", "any", "none", "at least 1 of", "at least 2 of"),
          fc.array(tie("tree"), { minLength: 2, maxLength: 4 }),
        )
        .map(([group, parts]) => ({ [group]: parts })),
    ),
  }));
  return tree;
}

const NAMES = ["a", "b", "c", "d", "e", "f"] as const;

/** Up to six segments, each of which may refer to those before it, and one content. JSON is YAML. */
export const ruleSets: fc.Arbitrary<readonly RuleFile[]> = fc
  .tuple(
    fc.tuple(...NAMES.map((_, index) => condition(NAMES.slice(0, index)))),
    fc.array(condition(NAMES), { minLength: 1, maxLength: 3 }),
  )
  .map(([segments, choices]) => [
    ...MODEL,
    ...segments.map((when, index) => {
      const name = NAMES[index] ?? "";
      return { path: `segments/${name}.yaml`, text: JSON.stringify({ segment: name, when }) };
    }),
    {
      path: "content/hero.yaml",
      text: JSON.stringify({
        content: "hero",
        "first of": choices.map((when, index) => ({ when, show: `show-${index + 1}` })),
        otherwise: "nothing",
      }),
    },
  ]);

/** @throws when the rules are not sound: the arbitrary is at fault then */
export function planOf(files: readonly RuleFile[]): PlanSource {
  const { plan, problems } = checkRules(files);
  if (plan === undefined) throw new Error(JSON.stringify(problems, null, 1));
  return plan;
}

const jsonValues: fc.Arbitrary<Json> = fc.oneof(
  texts,
  numbers,
  fc.boolean(),
  fc.constant(null),
  dates,
  fc.constantFrom<Json>(["Paris", "x"], { value: 3 }, "2026-02-27T10:00:00+01:00", [1]),
);

export interface RandomEvent {
  readonly name: string;
  /** Before EPOCH. */
  readonly ageMs: number;
  readonly fields: JsonObject;
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const ageMs = fc.oneof(
  fc.integer({ min: 0, max: 40 * 24 }).map((hours) => hours * HOUR_MS),
  fc.integer({ min: 0, max: 3 * DAY_MS }),
);

/** Properties are mostly of their type, sometimes missing, sometimes of another. */
const fields = fc
  .record({
    kind: maybe(texts),
    price: maybe(numbers),
    rank: maybe(numbers),
    sale: maybe(fc.boolean()),
    on: maybe(dates),
    marks: maybe(fc.array(texts, { maxLength: 3 })),
    deep: maybe(fc.record({ value: numbers })),
    total: maybe(numbers),
    units: maybe(numbers),
    wrong: maybe(
      fc.tuple(fc.constantFrom("kind", "price", "rank", "sale", "on", "marks", "deep", "total"), jsonValues),
    ),
  })
  .map(({ wrong, ...rest }): JsonObject => {
    const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as JsonObject;
    return wrong === undefined ? known : { ...known, [wrong[0]]: wrong[1] };
  });

export const eventLists: fc.Arbitrary<readonly RandomEvent[]> = fc.array(
  fc.record({ name: fc.constantFrom("seen", "bought", "left", "other"), ageMs, fields }),
  { maxLength: 12 },
);

const instantsAround = fc.integer({ min: -40 * 24, max: 60 }).map((hours) => EPOCH + hours * HOUR_MS);

/** By attribute name; values are in the form of model/plan.ts, now and then of the wrong type. */
export const attributeSets: fc.Arbitrary<Readonly<Record<string, FieldValue | undefined>>> = fc.record({
  zone: maybe(fc.constantFrom("America/New_York", "Asia/Kathmandu", "Paris")),
  city: maybe(texts),
  nick: maybe(texts),
  age: maybe(numbers),
  score: maybe(numbers),
  credit: maybe(numbers.map((n) => Math.round(n * 10_000))),
  debt: maybe(numbers.map((n) => Math.round(n * 10_000))),
  vip: maybe(fc.oneof<fc.Arbitrary<FieldValue>[]>(fc.boolean(), fc.boolean(), fc.constant("true"))),
  joined: maybe(instantsAround),
  born: maybe(instantsAround.map((instant) => instant - 3_650 * DAY_MS)),
  opens: maybe(fc.integer({ min: 0, max: 47 }).map((half) => half * HOUR_MS * 0.5)),
  stay: maybe(fc.integer({ min: -5, max: 90 }).map((hours) => hours * HOUR_MS)),
  share: maybe(fc.constantFrom(20, 0, 12.5, -5)),
  renewed: maybe(fc.oneof<fc.Arbitrary<FieldValue>[]>(instantsAround, instantsAround, texts)),
  tags: maybe(fc.oneof<fc.Arbitrary<FieldValue>[]>(fc.array(texts, { maxLength: 3 }), fc.constant("Paris"))),
});
