import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifierCharsMax } from "../limits.ts";
import { IDENTIFIER_KINDS, type IdentifierKind } from "./identifier.ts";
import { parseIdentifier } from "./identifier-rules.ts";

function valueOf(kind: IdentifierKind, raw: string, defaultCountry?: string): string | undefined {
  const parsed = parseIdentifier(kind, raw, defaultCountry === undefined ? {} : { defaultCountry });
  return "problem" in parsed ? undefined : parsed.value;
}

describe("identifiers", () => {
  it.each<[IdentifierKind, string, string | undefined]>([
    ["anonymous", "  b1946ac9-2ef4 ", "b1946ac9-2ef4"],
    ["user", "Élodie 42", "Élodie 42"],
    ["user", "u\u00009", undefined],
    ["user", "\ud800", undefined],
    ["user", "   ", undefined],
    ["user", "x".repeat(identifierCharsMax), "x".repeat(identifierCharsMax)],
    ["user", "x".repeat(identifierCharsMax + 1), undefined],
    ["email", " Marie.Dupont+vif@Example.FR ", "marie.dupont+vif@example.fr"],
    ["email", "josé@exámple.es", "josé@xn--exmple-qta.es"],
    ["email", "jose\u0301@example.es", "josé@example.es"],
    ["email", "marie@@example.fr", undefined],
    ["email", "marie..d@example.fr", undefined],
    ["email", '"marie d"@example.fr', undefined],
    ["email", "marie@localhost", undefined],
    ["email", "marie@[127.0.0.1]", undefined],
    ["email", "marie (home)@example.fr", undefined],
    ["phone", "+33 6 12 34 56 78", "+33612345678"],
    ["phone", "0033 6 12 34 56 78", undefined],
    ["phone", "call +33612345678 now", undefined],
    ["phone", "+33612345678 ext. 5", undefined],
    ["phone", "+33 6", undefined],
    ["card", " 4970-1234 abcd–5 ", "49701234ABCD5"],
    ["card", "- -", undefined],
    ["telegram", " 123456789 ", "123456789"],
    ["telegram", "-1001234567890", undefined],
    ["telegram", "@marie", undefined],
    ["telegram", "0123", undefined],
  ])("of kind %s are normalised: %j is %j", (kind, raw, value) => {
    expect(valueOf(kind, raw)).toBe(value);
  });

  it("take national phone numbers of the default country only", () => {
    expect(valueOf("phone", "06 12 34 56 78", "FR")).toBe("+33612345678");
    expect(valueOf("phone", "(020) 7946 0958", "GB")).toBe("+442079460958");
    expect(valueOf("phone", "06 12 34 56 78", "nowhere")).toBeUndefined();
    expect(valueOf("phone", "06 12 34 56 78")).toBeUndefined();
  });

  it("that are normal stay as they are, and any text gives a value within the limits or a reason", () => {
    const raw = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.emailAddress(),
      fc.stringMatching(/^\+?[0-9 ()-]{5,20}$/),
    );
    fc.assert(
      fc.property(fc.constantFrom(...IDENTIFIER_KINDS), raw, (kind, text) => {
        const once = parseIdentifier(kind, text, { defaultCountry: "FR" });
        if ("problem" in once) return once.problem !== "";
        expect(once.value.length).toBeLessThanOrEqual(identifierCharsMax);
        expect(parseIdentifier(kind, once.value)).toEqual(once);
        return true;
      }),
      { numRuns: 300 },
    );
  });
});

const data = process.env.VIF_TEST_DATA ?? "../shared/data";
const corpus = `${data}/suites/isemail/tests.xml`;

/** What the corpus calls usable and this policy refuses, and why. */
const REFUSED_ON_PURPOSE: Readonly<Record<string, string>> = {
  ISEMAIL_RFC5321_QUOTEDSTRING: "quoted local parts",
  ISEMAIL_RFC5321_ADDRESSLITERAL: "address literals",
  ISEMAIL_RFC5321_TLD: "bare top-level domains",
  ISEMAIL_RFC5321_TLDNUMERIC: "top-level domains of digits",
};
const USABLE = ["ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"];

describe.skipIf(!existsSync(corpus))("the isemail corpus (skipped where the shared test data is missing)", () => {
  it("is judged by the stated policy", () => {
    const cases = readCorpus(readFileSync(corpus, "utf8"));
    expect(cases).toHaveLength(164);
    let accepted = 0;
    for (const { id, address, category, diagnosis } of cases) {
      const domain = address.slice(address.lastIndexOf("@") + 1);
      const usable = USABLE.includes(category) && !(diagnosis in REFUSED_ON_PURPOSE) && domain.includes(".");
      // Blanks around an address are a slip of the hand and are trimmed, which the corpus calls folding.
      const trimmed = address.trim() !== address;
      if (trimmed) continue;
      expect(valueOf("email", address), `case ${id}: ${diagnosis}`).toBe(usable ? address.toLowerCase() : undefined);
      accepted += usable ? 1 : 0;
    }
    expect(accepted).toBeGreaterThan(18);
  });
});

function readCorpus(xml: string): { id: string; address: string; category: string; diagnosis: string }[] {
  return [...xml.matchAll(/<test id="(\d+)">([\s\S]*?)<\/test>/g)].map(([, id, inner]) => {
    const part = (name: string): string =>
      new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(inner as string)?.[1] ?? "";
    // Control characters stand in the corpus as their visible symbols, U+2400 on.
    const address = part("address")
      .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, "&")
      .replace(/[\u2400-\u241f]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) - 0x2400));
    return { id: id as string, address, category: part("category"), diagnosis: part("diagnosis") };
  });
}

const naughty = `${data}/suites/naughty-strings/blns.json`;

describe.skipIf(!existsSync(naughty))("naughty strings (skipped where the shared test data is missing)", () => {
  it("are an identifier or have a reason, in every kind", () => {
    for (const text of JSON.parse(readFileSync(naughty, "utf8")) as string[])
      for (const kind of IDENTIFIER_KINDS) {
        const parsed = parseIdentifier(kind, text);
        expect("problem" in parsed ? parsed.problem : parsed.value).not.toBe("");
      }
  });
});
