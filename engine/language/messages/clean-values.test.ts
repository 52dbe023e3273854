import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { naughtyStringsMissing, readNaughtyStrings } from "../../../tests/naughty-strings.ts";
import { cleanText, cleanValues } from "./clean-values.ts";

describe("a person's text in a message", () => {
  it.each([
    ["Marie\r\nBcc: all@example.com", "Marie Bcc: all@example.com"],
    ["  Zoë\u0000\u0007 ", "Zoë"],
    ["\u202egnp.exe", "gnp.exe"],
    ["Ma\u200brie\ufeff", "Marie"],
    ["👨‍👩‍👧", "👨‍👩‍👧"],
    ["می\u200cخواهم", "\u2068می\u200cخواهم\u2069"],
    ["\u200d\u200c \u200e", ""],
    ["\ud83d", ""],
    ["<b>Bobby</b>", "<b>Bobby</b>"],
  ])("%j is said as %j", (text, said) => {
    expect(cleanText(text)).toBe(said);
  });

  it("has no line break, no control and no lone half of a sign, whatever somebody typed", () => {
    const check = (text: string): void => {
      const said = cleanText(text);
      // oxlint-disable-next-line no-control-regex
      expect(said).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u200b\ufeff]/);
      expect(Buffer.from(said, "utf8").toString("utf8")).toBe(said);
      expect(cleanText(said)).toBe(said);
    };
    fc.assert(fc.property(fc.string({ unit: "binary" }), check));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("\r", "\n", "\u202e", "\u200d", "\ud800", "a", "א", " ", "😀") }),
        check,
      ),
    );
  });

  it.skipIf(naughtyStringsMissing !== undefined)("is harmless for every naughty string", () => {
    for (const text of readNaughtyStrings()) {
      const result = cleanValues({ name: text });
      if ("field" in result) expect(result.field).toBe("name");
      // oxlint-disable-next-line no-control-regex
      else expect(String(result.values["name"] ?? "")).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/);
    }
  });
});

it("a name that is none is refused with its field, and one of which nothing is left is not known", () => {
  expect(cleanValues({ first_name: "x".repeat(201) })).toEqual({ field: "first_name", because: "too long" });
  expect(cleanValues({ city: "Win at https://evil.example" })).toEqual({ field: "city", because: "holds an address" });
  expect(cleanValues({ interests: ["shoes", "www.evil.example"] })).toMatchObject({ field: "interests" });
  expect(cleanValues({ first_name: "\u200b", points: 0, tags: ["a", "\u200b"] })).toEqual({
    values: { points: 0, tags: ["a"] },
  });
});
