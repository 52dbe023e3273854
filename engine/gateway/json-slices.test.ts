import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayEntries, jsonDepth, objectMembers, textOf } from "./json-slices.ts";

const bytesOf = (text: string) => Buffer.from(text, "utf8");
const parsed = (bytes: Uint8Array, slice: { start: number; end: number }) =>
  JSON.parse(Buffer.from(bytes.subarray(slice.start, slice.end)).toString("utf8"));

describe("cutting JSON into slices", () => {
  it("finds the members that JSON.parse finds", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()),
        fc.constantFrom(0, 2),
        (object, indent) => {
          const bytes = bytesOf(JSON.stringify(object, undefined, indent));
          const members = objectMembers(bytes);
          const expected: unknown = JSON.parse(bytes.toString());
          expect(Object.fromEntries([...(members ?? [])].map(([name, slice]) => [name, parsed(bytes, slice)]))).toEqual(
            expected,
          );
        },
      ),
    );
  });

  it("finds the entries that JSON.parse finds", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (array) => {
        const bytes = bytesOf(JSON.stringify(array));
        const entries = arrayEntries(bytes, { start: 0, end: bytes.length }, 1_000) ?? [];
        expect(entries.map((slice) => parsed(bytes, slice))).toEqual(JSON.parse(bytes.toString()));
      }),
    );
  });

  it("takes the last of two members of one name, as JSON.parse does", () => {
    const bytes = bytesOf('{"a":1,"\\u0061":"two"}');
    expect(textOf(bytes, objectMembers(bytes)?.get("a") ?? { start: 0, end: 0 })).toBe("two");
  });

  it("stops after the limit", () => {
    const bytes = bytesOf("[1,2,3,4,5]");
    expect(arrayEntries(bytes, { start: 0, end: bytes.length }, 2)).toHaveLength(3);
  });

  it.each(["", "{", "[]", '{"a"}', '{"a":}', '{"a":1', '{"a":1}x', '{"a":"', '{"a":[1,}', "{a:1}", '{"a":1,}'])(
    "finds no object in %j",
    (text) => {
      expect(objectMembers(bytesOf(text))).toBeUndefined();
    },
  );

  it("never throws on any bytes", () => {
    const token = fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", ":", "1", " ");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(token).map((tokens) => bytesOf(tokens.join(""))),
        ),
        (bytes) => {
          objectMembers(bytes);
          arrayEntries(bytes, { start: 0, end: bytes.length }, 10);
          jsonDepth(Buffer.from(bytes).toString("latin1"));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("measures depth outside strings", () => {
    expect(jsonDepth('{"a":[{"b":"[[[[\\"[["}]}')).toBe(3);
    expect(jsonDepth("1")).toBe(0);
  });
});
