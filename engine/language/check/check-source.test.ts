/** A source of rows against the columns that a file really has. */
import { expect, it } from "vitest";
import { checkSource } from "./check-source.ts";
import { renderProblems } from "../source/problem-text.ts";

const text = `source: export
receipt:
  id: Bon
  store: {always: s1}
  till: Kasse
  time: {column: Zeit, written: "DD.MM.YYYY hh:mm", zone: Europe/Berlin}
  currency: {always: EUR}
line: {sku: Artikel, quantity: Menge, price: Preis}
`;
const file = { path: "sources/export.yaml", text };

it("is sound when every column is there, in whatever order", () => {
  const { mapping, problems } = checkSource(file, ["Preis", "Menge", "Bon", "Kasse", "Zeit", "Artikel", "Rest"]);
  expect(problems).toEqual([]);
  expect(mapping?.columns).toEqual(["Bon", "Kasse", "Zeit", "Artikel", "Menge", "Preis"]);
});

it("names every column that is not there, with those that are", () => {
  const { mapping, problems } = checkSource(file, ["Bon", "Kasse ", "Datum", "Artikel", "Menge", "Preis"]);
  expect(mapping).toBeUndefined();
  expect(renderProblems(problems, { colour: false, pathPrefix: "rules/" })).toBe(`\
rules/sources/export.yaml:5:9: the file has no column \`Kasse\`  [unknown_column]
  5 |   till: Kasse
    |         ^^^^^
    = did you mean \`Kasse \`? its columns are \`Bon\`, \`Kasse \`, \`Datum\`, \`Artikel\`, \`Menge\`, \`Preis\`

rules/sources/export.yaml:6:18: the file has no column \`Zeit\`  [unknown_column]
  6 |   time: {column: Zeit, written: "DD.MM.YYYY hh:mm", zone: Europe/Berlin}
    |                  ^^^^
    = its columns are \`Bon\`, \`Kasse \`, \`Datum\`, \`Artikel\`, \`Menge\`, \`Preis\`
`);
});
