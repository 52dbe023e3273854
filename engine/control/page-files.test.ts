import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readPageFiles } from "./page-files.ts";

const files = readPageFiles(fileURLToPath(new URL("page", import.meta.url)));

it("serves every file that another of the page wants, with its type", () => {
  const paths = new Set(files.map(({ path }) => path));
  expect(paths).toContain("/");
  const wanted = files.flatMap(({ text }) =>
    [...text.matchAll(/(?:from "\.|(?:href|src)=")(\/[\w-]+\.\w+)"/g)].map(([, path = ""]) => path),
  );
  expect(wanted.length).toBeGreaterThan(8);
  expect(wanted.filter((path) => !paths.has(path))).toEqual([]);
  expect(files.filter(({ type }) => type === undefined)).toEqual([]);
});
