/** Random conditions on what events come to, beside counts and sums: values, days, sequences. */
import fc from "fast-check";

type Words = fc.Arbitrary<string>;

export interface AggregateWords {
  readonly where: Words;
  readonly window: Words;
  readonly ages: Words;
  readonly texts: Words;
  readonly dates: Words;
  readonly orders: Words;
  readonly numbers: fc.Arbitrary<number>;
  readonly whole: fc.Arbitrary<number>;
  quote(text: string): string;
  fill(parts: Words[]): Words;
  onText(name: string): Words;
  isMoney(aggregate: string): boolean;
}

export function aggregateLines(words: AggregateWords): readonly Words[] {
  const { where, window, ages, texts, dates, orders, numbers, whole, quote, fill, onText, isMoney } = words;
  const valued = fc
    .tuple(
      fc.constantFrom("average", "smallest", "largest"),
      fc.constantFrom("bought.total", "bought.units", "seen.price", "seen.rank"),
      where,
      window,
    )
    .filter(([, of, w]) => w === "" || of.startsWith("seen"))
    .map(([reduce, of, wh, w]) => `${reduce} of ${of}${wh}${w}`);
  const step = fc
    .tuple(
      fc.constantFrom("bought", "left", "seen", "seen where rank > 2", "seen where (sale or price < 3)"),
      fc.constantFrom("1 hour", "36 hours", "1 week"),
    )
    .map(([event, within]) => `${event} within ${within}`);
  const onSequence = fc.oneof(
    fc
      .tuple(
        fc.constantFrom("seen", "bought", "left"),
        fc.array(step, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        window,
      )
      .map(([first, steps, no, w]) => {
        const texts = steps.map((text, n) => `then ${no && n === steps.length - 1 ? "no " : ""}${text}`);
        return `${first} ${texts.join(" ")}${w}`;
      }),
    fc
      .tuple(fc.constantFrom("kind", "rank", "price", "sale"), fc.constantFrom("", "no "), ages, window)
      .map(([property, no, within, w]) => `seen then ${no}seen with same ${property} within ${within}${w}`),
  );
  const ended = (of: string) =>
    fc.tuple(fc.constantFrom("first", "last"), where, window).map(([end, w, within]) => `${end} of ${of}${w}${within}`);
  const onEnded = fc.oneof(
    ended("seen.kind").chain(onText),
    fc.tuple(ended("seen.kind"), texts.map(quote)).map(([one, text]) => `lowercase(${one}) = ${text}`),
    fc.tuple(ended("seen.rank"), orders, numbers).map((parts) => parts.join(" ")),
    fc.tuple(ended("seen.price"), orders).map(([one, op]) => `${one} ${op} credit`),
    fc.tuple(ended("seen.sale"), fc.constantFrom("", " = false", " is known")).map(([one, rest]) => `${one}${rest}`),
    fc
      .tuple(ended("seen.on"), fc.constantFrom("more", "less"), ages)
      .map(([x, h, age]) => `${x} was ${h} than ${age} ago`),
    fc.tuple(ended("seen.on"), orders, dates).map((parts) => parts.join(" ")),
    fc.tuple(ended("seen.on"), dates, dates).map(([x, a, b]) => `${x} >= ${a} and ${x} < ${b}`),
  );
  // A day has no three days.
  const manyDays = window.filter((text) => !/today|second|hour|between| 2 days/.test(text));
  const onDistinct = fc.oneof(
    fc
      .tuple(fc.constantFrom("kind", "rank", "price", "sale", "on"), where, window, orders, whole)
      .map(([of, w, within, op, n]) => `distinct of seen.${of}${w}${within} ${op} ${n}`),
    fc.tuple(where, manyDays, whole).map(([w, within, n]) => `seen${w} on ${n} different days${within}`),
    fc.tuple(manyDays, orders, whole).map(([within, op, n]) => `days of bought${within} ${op} ${n}`),
  );
  const onValued = fc.oneof(
    fill([valued, orders, numbers.map(String)]),
    fc.tuple(valued, orders).map(([one, op]) => `${one} ${op} ${isMoney(one) ? "credit" : "score"}`),
    fc.tuple(valued, numbers, numbers).map(([one, a, b]) => `${one} between ${Math.min(a, b)} and ${Math.max(a, b)}`),
    fill([valued, fc.constantFrom("is known", "is unknown")]),
  );
  return [onValued, onEnded, onDistinct, onSequence];
}
