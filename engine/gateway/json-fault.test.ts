import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault, malformedJson, readJson } from "./json-fault.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("the place where a text stops being JSON", () => {
  it.each([
    ["", 0],
    ["{", 1],
    ["{}x", 2],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["[1}", 2],
    ["tru", 0],
    ["01", 1],
    ["-", 0],
    ['"a\nb"', 2],
    ['"\\x"', 2],
    ['"\\u12"', 2],
    ['{"a":"b', 7],
    ["{'a':1}", 1],
    ["\ufeff{}", 0],
    ["[[]", 3],
  ])("of %j is %i", (text, at) => {
    expect(jsonFault(text)).toBe(at);
  });

  it("is none exactly where JSON.parse takes it", () => {
    const spoilt = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", "]", '"', "\\", "1", "e", " ", "\n", "{"))
      .map(([text, seed, sign]) => {
        const at = seed % (text.length + 1);
        return text.slice(0, at) + sign + text.slice(at + (seed % 2));
      });
    fc.assert(fc.property(fc.oneof(spoilt, fc.string()), (text) => (jsonFault(text) === -1) === isJson(text)));
  });

  it("is behind all that could still be the beginning of JSON", () => {
    const text = JSON.stringify({ a: [1, 'é"\\u0041', { b: null }], c: -1.5e3 }, undefined, 1);
    for (let end = 0; end < text.length; end++)
      expect(jsonFault(`${text.slice(0, end)}\u0001`)).toBeLessThanOrEqual(end);
  });

  it("is found in depths that a recursion would not come back from", () => {
    expect(jsonFault("[".repeat(400_000))).toBe(400_000);
  });
});

describe("a body that is not JSON", () => {
  it.each([
    ["", "The body is empty, and should be one JSON value."],
    [
      '{\n  "email": "léa@shop.example",\n}',
      "The body is not one JSON value in UTF-8: it goes wrong at line 3, column 1.",
    ],
    ['{"a":', "The body is not one JSON value in UTF-8: it ends too early, at line 1, column 6."],
    [Buffer.from([0x7b, 0xff]), "The body is not valid UTF-8."],
  ])("is told by its place, without a word of it: %s", (body, message) => {
    expect(malformedJson(body)).toEqual({ code: "malformed_json", field: undefined, message });
    expect(readJson(Buffer.from(body))).toMatchObject({ message });
  });

  it("may be any value where it is JSON", () => {
    expect(readJson(Buffer.from("null"))).toEqual({ value: null });
  });
});
