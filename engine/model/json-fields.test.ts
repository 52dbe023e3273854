/** Some fields read from bytes are those that JSON.parse finds, whatever stands around them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { readFields, wantFields } from "./json-fields.ts";

const NAMES = ["price", "cart", "é", "a", "fields", "", 'a"b', "x\\"];
const name = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 4 }));
const fields = fc.dictionary(
  name.filter((each) => each !== "__proto__"),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 8 },
);

function read(body: string, names: readonly string[]): unknown {
  const bytes = Buffer.from(`head${body}`);
  return readFields(bytes, 4, wantFields(names) ?? []);
}

it("finds what is wanted and nothing else, or says that all is to be parsed", () => {
  let found = 0;
  fc.assert(
    fc.property(fields, fc.subarray(NAMES), fc.jsonValue(), (all, names, context) => {
      const body = JSON.stringify({ fields: all, context });
      const whole = (JSON.parse(body) as { fields: Record<string, unknown> }).fields;
      const wanted = Object.fromEntries(Object.entries(whole).filter(([key]) => names.includes(key)));
      const some = read(body, names);
      const isEscaped = Object.keys(all).some((key) => JSON.stringify(key) !== `"${key}"`);
      if (some === undefined) expect(isEscaped).toBe(true);
      else {
        expect(some).toEqual(wanted);
        found += 1;
      }
    }),
    { numRuns: 2_000 },
  );
  expect(found).toBeGreaterThan(500);
});

it("is not led astray by what stands within values", () => {
  const fields = { b: [{ a: 2, c: "]}" }], x: '","a":1', a: '}",3' };
  expect(read(JSON.stringify({ fields }), ["a"])).toEqual({ a: '}",3' });
});

it("reads no further than the last that is wanted", () => {
  expect(read('{"fields":{"a":1,"b":', ["a"])).toEqual({ a: 1 });
  expect(read('{"fields":{"b":', [])).toEqual({});
});

it("leaves to JSON.parse what is written in another way", () => {
  for (const body of ['{ "fields":{}}', '{"fields":{"a": 1}', '{"context":{},"fields":{"a":1}}', '{"fields":{"a" :1}}'])
    expect(read(body, ["a"])).toSatisfy((some) => some === undefined || JSON.stringify(some) === '{"a":1}');
  expect(wantFields(["a", "__proto__"])).toBeUndefined();
});
