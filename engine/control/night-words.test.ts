/** Whatever a night tells by code has words on the page, in both languages: the page puts their names together as it runs. */
import { expect, it } from "vitest";
import { NightSchema } from "./nights-port.ts";

const { NIGHT_WORDS } = (await import(String(new URL("./page/night-words.mjs", import.meta.url)))) as {
  readonly NIGHT_WORDS: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** All that a field called so can say. */
function codesOf(schema: unknown, field: string): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = (schema as { readonly properties?: Record<string, unknown> }).properties?.[field];
  return [...constsIn(own), ...Object.values(schema).flatMap((each) => codesOf(each, field))];
}

function constsIn(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  if ("const" in schema) return [String(schema.const)];
  if ("enum" in schema) return Object.values(schema.enum as object).map(String);
  return "anyOf" in schema ? Object.values(schema.anyOf as object).flatMap(constsIn) : [];
}

it.each([
  ["cause", "cause"],
  ["step", "step"],
  ["is", "hindered"],
])("by the field %s", (field, prefix) => {
  const wanted = [...new Set(codesOf(NightSchema, field))].map((code) => `${prefix}_${code}`);
  expect(wanted.length).toBeGreaterThan(2);
  for (const [language, words] of Object.entries(NIGHT_WORDS))
    expect(
      wanted.filter((name) => words[name] === undefined),
      language,
    ).toEqual([]);
});

it("in French all that is said in English", () => {
  const { en = {}, fr = {} } = NIGHT_WORDS;
  expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
});
