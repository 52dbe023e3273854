/** What the overview page says of a person by codes has words, in both languages. */
import { expect, it } from "vitest";
import { IDENTIFIER_KINDS } from "../model/identifier.ts";

const { WORDS } = (await import(String(new URL("./page/words.mjs", import.meta.url)))) as {
  readonly WORDS: Readonly<Record<"en" | "fr", Readonly<Record<string, string>>>>;
};

it.each(["en", "fr"] as const)("has a name for each kind of identifier, in %s", (language) => {
  const wanted = [...IDENTIFIER_KINDS.map((kind) => `kind_${kind}`), "identifier_pending", "identifier_unproved"];
  expect(wanted.filter((name) => WORDS[language][name] === undefined)).toEqual([]);
});

it("says in French all that it says in English", () => {
  expect(Object.keys(WORDS.fr).sort()).toEqual(Object.keys(WORDS.en).sort());
});
