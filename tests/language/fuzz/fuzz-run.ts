/** Fuzzing the parser and the checker from a seed, for so long; used by the test, for seconds, and by `npm run fuzz`, for minutes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { RuleFile } from "../../../engine/language/port.ts";
import { readNaughtyStrings } from "../../naughty-strings.ts";
import { SeededRandom } from "../../simulation/seeded-random.ts";
import { modelOf, readCaseFiles, segmentFile } from "../case-files.ts";
import { ruleSets } from "../rule-arbitraries.ts";
import { judge, type Verdict } from "./fuzz-check.ts";
import { createFuzzInputs, type FuzzInputs } from "./fuzz-inputs.ts";
import { createSentences } from "./grammar-sentences.ts";

export interface FuzzReport {
  readonly inputs: number;
  readonly sound: number;
  /** Different things said by the checker. */
  readonly patterns: number;
  readonly slowestMs: number;
  readonly faults: readonly { readonly fault: string; readonly files: readonly RuleFile[] }[];
}

export interface FuzzOptions {
  readonly seed: number;
  /** The root of the tree. */
  readonly root: string;
  readonly isOver: () => boolean;
  /** Told of each input before it is tried, so that one which never ends is known. */
  readonly onInput?: (files: readonly RuleFile[]) => void;
  readonly faultsMax: number;
}

export function fuzz({ seed, root, isOver, onInput, faultsMax }: FuzzOptions): FuzzReport {
  const inputs = inputsFrom(seed, root);
  const patterns = new Set<string>();
  const faults: { fault: string; files: readonly RuleFile[] }[] = [];
  let [count, sound, slowestMs] = [0, 0, 0];
  while (!isOver() && faults.length < faultsMax) {
    const files = inputs.next();
    onInput?.(files);
    const verdict: Verdict = judge(files);
    count++;
    if (verdict.sound) sound++;
    slowestMs = Math.max(slowestMs, verdict.tookMs);
    if (verdict.fault !== undefined) faults.push({ fault: verdict.fault, files: smallest(files, verdict.fault) });
    const before = patterns.size;
    for (const pattern of verdict.said) patterns.add(pattern);
    if (patterns.size > before) inputs.keep();
  }
  return { inputs: count, sound, patterns: patterns.size, slowestMs, faults };
}

/** Files that the fault does without are left out. */
function smallest(files: readonly RuleFile[], fault: string): readonly RuleFile[] {
  const kind = fault.split("\n")[0]?.replace(/\d+/g, "");
  let rest = files;
  for (const file of files) {
    const less = rest.filter((other) => other !== file);
    if (judge(less).fault?.split("\n")[0]?.replace(/\d+/g, "") === kind) rest = less;
  }
  return rest;
}

const NAMES = [
  "city",
  "country",
  "nickname",
  "age",
  "credit",
  "dollars",
  "newsletter",
  "signup_date",
  "interests",
  "buyer",
  "order_completed",
  "product_viewed",
  "store_visited",
  "order_completed.total",
  "order_completed.quantity",
  "total",
  "quantity",
  "coupon",
  "gift",
  "channel",
  "delivered_on",
  "tags",
  "category",
  "price",
  "Paris",
  "shoes",
  "web",
];

/** A content and its templates, which say most of what templates can. */
const PAGE: readonly RuleFile[] = [
  {
    path: "content/hero.yaml",
    text: "content: hero\ntitle: {en: Hero, fr: Accueil}\nfirst of:\n  - {when: in segment buyer, show: hero-a}\notherwise: hero-b\n",
  },
  {
    path: "../templates/web/hero-a.hbs",
    text: '---\nen: {title: "Hello {{nickname}}"}\nfr: {title: "Bonjour {{nickname}}"}\n---\n<h2>{{t.title}}</h2>\n{{#if city}}<p class="a">{{city}} {{number age}} {{date signup_date}} {{money credit "EUR"}}</p>{{/if}}\n',
  },
  {
    path: "../templates/web/hero-b.hbs",
    text: "---\nen: {}\nfr: {}\n---\n<ul>{{#each interests}}<li>{{this}}</li>{{/each}}</ul>{{#unless newsletter}}<a href='/x'>x</a>{{/unless}}\n",
  },
];

const vectors = readCaseFiles();

/** Lines of the shared vectors beside their own model, or rules made at random. */
function soundSet(seed: number): readonly RuleFile[] {
  const random = new SeededRandom(seed);
  if (random.chance(0.3)) return fc.sample(ruleSets, { seed, numRuns: 1 })[0] ?? [];
  const { file } = random.pick(vectors);
  const segments = Array.from({ length: random.between(1, 4) }, (_, index) => {
    const { when } = random.pick(file.cases);
    return segmentFile(`x-${index}`, when);
  });
  return [...modelOf(file), ...segments];
}

function inputsFrom(seed: number, root: string): FuzzInputs {
  const read = (folder: string, under: string, ending: RegExp): readonly RuleFile[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => ending.test(path))
      .sort()
      .map((path) => ({ path: `${under}${path}`, text: readFileSync(join(root, folder, path), "utf8") }));
  const model = readFileSync(join(root, "tests/language/wrong/model.txt"), "utf8")
    .split(/^--- (.+)\n/m)
    .slice(1);
  const brand = model.flatMap((path, at) => (at % 2 === 0 ? [{ path, text: model[at + 1] ?? "" }] : []));
  const example = [...read("rules", "", /\.yaml$/), ...read("templates/web", "../templates/web/", /\.hbs$/)];
  const wrong = read("tests/language/wrong", "", /\.rules$/).flatMap(({ text }) => text.split(/^--- .+\n/m));
  return createFuzzInputs(seed, {
    // The example brand is large: now and then is enough.
    brands: [
      ...Array.from({ length: 6 }, () => brand),
      ...Array.from({ length: 3 }, () => [...brand, ...PAGE]),
      example,
    ],
    soundSet,
    texts: [...wrong, ...readNaughtyStrings(), ...example.map(({ text }) => text)],
    sentences: createSentences(NAMES),
  });
}
