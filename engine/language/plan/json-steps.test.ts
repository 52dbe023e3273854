import fc from "fast-check";
import { expect, it } from "vitest";
import { parseJsonSteps } from "./json-steps.ts";
import { finish } from "./steps.ts";

/** Long enough to be taken apart. */
const long = "x".repeat(20_000);

it("gives what JSON.parse gives, of any object, however its texts look", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (value) => {
      const text = JSON.stringify({ ...value, long: ['"\\', long, [], {}], 'a"b\\': [[1], "}]"] });
      expect(finish(parseJsonSteps(text))).toEqual(JSON.parse(text));
    }),
    { numRuns: 200 },
  );
});

it("stops after each entry of an array of the outermost object", () => {
  const steps = parseJsonSteps(JSON.stringify({ a: [1, 2, 3], long }));
  expect([...steps]).toHaveLength(5);
});

it.each([`{"a":[1,2,"${long}"`, `{"a":"${long}"} x`, `{"a" "${long}"}`, `{"a":["${long}" 1]}`, `{"a":[01,"${long}"]}`])(
  "throws on what is no JSON: %#",
  (text) => {
    expect(() => finish(parseJsonSteps(text))).toThrow(SyntaxError);
  },
);
