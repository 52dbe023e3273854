import fc from "fast-check";
import { expect, it } from "vitest";
import { wrapTicket } from "./ticket.ts";

it("lines of a ticket hold whole words, and cut those that are longer than the paper", () => {
  expect(wrapTicket("Merci de votre visite.\n\n+12 points", 12)).toEqual([
    "Merci de",
    "votre",
    "visite.",
    "",
    "+12 points",
  ]);
  expect(wrapTicket("Donaudampfschifffahrt", 10)).toEqual(["Donaudampf", "schifffahr", "t"]);
  expect(wrapTicket("👨‍👩‍👧‍👦👨‍👩‍👧‍👦 e\u0301", 2)).toEqual(["👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "e\u0301"]);
});

it("no line is wider than the paper, and nothing but spaces is lost", () => {
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 32, max: 48 }), (text, columns) => {
      const lines = wrapTicket(text, columns);
      for (const line of lines) expect([...graphemes.segment(line)].length).toBeLessThanOrEqual(columns);
      expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
    }),
  );
});
