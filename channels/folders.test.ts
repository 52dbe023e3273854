/** Each channel's folder is what README.md says, so that who has read one knows where to look in all, and what a new one takes. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const HERE = import.meta.dirname.replace(/\/dist\/channels$/, "/channels");
const read = (...path: readonly string[]): string => readFileSync(join(HERE, ...path), "utf8");

/** "Under about 80 lines": what is one call, and no more. */
const ADAPTER_LINES_MAX = 90;
/** Functions of values alone: digests and the forms of addresses. */
const PURE_IMPORTS = /^(?:node:crypto|node:net|\.\.\/\.\.\/engine\/model\/|\.\.\/http\/|\.\.\/twilio\/)/;
/** What takes time, or depends on when or where it runs. */
const IMPURE = /\b(?:async|await|Promise|fetch|setTimeout|setInterval|Date\.now|Math\.random|randomBytes|process)\b/;

const folders = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({ name, files: readdirSync(join(HERE, name)) }));
const adapters = folders.filter(({ files }) => files.includes("adapter.ts"));
/** There is nothing behind it that could be asked. */
const askers = adapters.filter(({ name }) => name !== "recording");

it("there are the channels that the page names, and no others", () => {
  const named = [...read("README.md").matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  );
  expect(named.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  expect(adapters.length).toBeGreaterThanOrEqual(6);
});

describe.each(adapters)("$name", ({ name, files }) => {
  it("is one call, with a test by the suite of all channels, and what to know of it", () => {
    expect(read(name, "adapter.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(ADAPTER_LINES_MAX);
    expect(files).toEqual(expect.arrayContaining(["adapter.ts", "limits.md", `${name}.test.ts`]));
    expect(read(name, `${name}.test.ts`)).toMatch(/\bdescribeChannel(?:<\w+>)?\(/);
  });

  it("is joined with the engine", () => {
    expect(read("..", "engine", "deliver", "create-channels.ts")).toContain(`channels/${name}/adapter.ts`);
  });
});

describe.each(askers)("$name", ({ name }) => {
  it.each(["request.ts", "receipt.ts"])("has its %s, which is pure", (file) => {
    const text = read(name, file).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    expect(text).not.toMatch(IMPURE);
    for (const [, specifier = ""] of text.matchAll(/\bfrom "([^"]+)"/g)) expect(specifier).toMatch(PURE_IMPORTS);
  });
});
