/** What editors underline is wrong: whatever the checker takes, the schemas of rule files take too, for every kind of file. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import Schema from "typebox/schema";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkRules, type RuleFile, ruleSchemas } from "../../engine/language/port.ts";
import { ROOT } from "../source-tree.ts";
import { ruleSets } from "./rule-arbitraries.ts";

const kinds = ruleSchemas.map(({ files, schema }) => ({
  place: files.split("/")[0] ?? "",
  schema: Schema.Compile(schema),
}));

/** As an editor's YAML sees a file, with every type that the core schema knows. */
function complaintsOf({ path, text }: RuleFile): readonly string[] {
  const kind = kinds.find(({ place }) => place === path.split("/")[0]);
  if (kind === undefined) return [`no schema is about ${path}`];
  const [sound, errors] = kind.schema.Errors(parse(text));
  return sound ? [] : errors.map(({ instancePath, message }) => `${path}${instancePath}: ${message}`);
}

const read = (folder: string): readonly RuleFile[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yaml"))
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));

describe("the schemas of rule files", () => {
  it("take the example brand", () => {
    expect(read(join(ROOT, "rules")).flatMap(complaintsOf)).toEqual([]);
  });

  it("take whatever the checker takes", () => {
    fc.assert(
      fc.property(ruleSets, (files) => {
        expect(checkRules(files).problems).toEqual([]);
        expect(files.flatMap(complaintsOf)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ["segments/x.yaml", "segment: x\nwhen: {all: [a, {any: [b]}], none: [c]}"],
    ["segments/x.yaml", "segment: X\nwhen: a"],
    ["segments/x.yaml", "when: a"],
    ["content/x.yaml", "content: x\nfirst of: {when: a, show: b}\notherwise: c"],
    ["events/x.yaml", "event: x\nproperties: [a]"],
    ["fields.yaml", "fields: {city: {title: City}}"],
    [
      "loyalty/x.yaml",
      "loyalty: x\ncurrency: euro\npoints: 1 per 1 EUR\nbalance: may be negative\nunmatched returns: nothing",
    ],
    ["sources/x.yaml", "source: x\nreceipt: {id: a, store: b, till: c, time: d, currency: e}\nline: {sku: a}"],
    ["tests/x.yaml", "test: x\nthen: in segment x"],
  ])("refuse %s with %j", (path, text) => {
    expect(complaintsOf({ path, text })).not.toEqual([]);
  });
});
