import { expect, test } from "vitest";
import { nearestName } from "../model/nearest-name.ts";
import { parseArguments } from "./command.ts";

const form = { flags: ["json", "follow"], values: ["at", "name"], words: ["WHO", "RULE"] } as const;
const parse = (...args: string[]) => parseArguments(args, form, nearestName);

test("options stand anywhere, take their value after a blank or an equals sign, and words keep their order", () => {
  expect(parse("+33612345678", "--json", "--at=2026-01-01", "vip", "--name", "a=b")).toEqual({
    flags: { json: true, follow: false },
    values: { at: "2026-01-01", name: "a=b" },
    words: ["+33612345678", "vip"],
  });
  expect(parse("a", "--", "vip").words).toEqual(["a", "vip"]);
});

test.each([
  [["a"], "RULE is missing."],
  [["a", "b", "c"], 'There is nothing to do with "c".'],
  [["a", "b", "--jsno"], "--jsno is no option. Did you mean --json?"],
  [["a", "b", "--nam", "x"], "--nam is no option. Did you mean --name?"],
  [["a", "b", "-j"], "-j is no option."],
  [["a", "b", "--at"], "--at wants a value."],
  [["a", "b", "--json=yes"], "--json takes no value."],
])("%j is a mistake in words: %s", (args, words) => {
  expect(() => parse(...args)).toThrow(words);
});
