/**
 * The parser and the checker on inputs that nobody would write: 20 seconds of them, from another seed each day, and every
 * one that was ever too much (fuzz-cases/*.json). `npm run fuzz -- --minutes 10` goes on for longer.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RuleFile } from "../../engine/language/port.ts";
import { ROOT } from "../source-tree.ts";
import { judge } from "./fuzz/fuzz-check.ts";
import { fuzz } from "./fuzz/fuzz-run.ts";

const folder = join(import.meta.dirname, "fuzz-cases");
const seconds = 20;

it.each(readdirSync(folder).filter((name) => name.endsWith(".json")))("%s is answered", (name) => {
  const { files } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { readonly files: readonly RuleFile[] };
  expect(judge(files).fault).toBeUndefined();
});

it(`every input is answered, in time and with a place, for ${seconds} s`, () => {
  const seed = Math.floor(Date.now() / 86_400_000);
  const until = performance.now() + seconds * 1_000;
  const { inputs, sound, faults } = fuzz({ seed, root: ROOT, isOver: () => performance.now() > until, faultsMax: 1 });
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(inputs).toBeGreaterThan(200);
  expect(sound).toBeGreaterThan(0);
});
