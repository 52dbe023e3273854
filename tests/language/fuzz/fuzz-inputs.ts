/**
 * Random sets of rule files: lines by the grammar, whole files and templates changed at a few places, sets with files taken
 * out, doubled or moved, and plain noise. A set that made the checker say something new is kept and changed further, which
 * leads into corners that chance alone does not find. The same seed gives the same inputs.
 */
import type { RuleFile } from "../../../engine/language/port.ts";
import { SeededRandom } from "../../simulation/seeded-random.ts";
import type { Sentences } from "./grammar-sentences.ts";

export interface FuzzSources {
  /** Sound sets of files: brands. */
  readonly brands: readonly (readonly RuleFile[])[];
  /** Hostile or merely odd texts, and whole files from elsewhere. */
  readonly texts: readonly string[];
  /** Sound sets, another for every seed. */
  readonly soundSet: (seed: number) => readonly RuleFile[];
  readonly sentences: Sentences;
}

export interface FuzzInputs {
  next(): readonly RuleFile[];
  /** The last one was worth more of its kind. */
  keep(): void;
}

const KEPT_MAX = 500;
/** Large sets take long to check. */
const KEPT_FILES_MAX = 12;
const SIGNS = Array.from(" \n\t:-#[]{}(),'\"`|>&*!%@?=<\\/0aé💥\u0000\u00a0\u2028\ufeff\ud800");
const PIECES = [
  "\n  ",
  "\n- ",
  ": ",
  "{a: ",
  "[[[[",
  "all:\n  - ",
  "at least 2 of:\n  - ",
  "not ",
  "(((",
  ")))",
  " and ",
  " or ",
  "{{",
  "}}",
  "{{{x}}}",
  "{{#if ",
  "{{/if}}",
  "---\n",
  "...\n",
  "|-\n",
  ">\n",
  "? ",
  "<<: *a",
  "&a ",
  "!!str ",
  "\r\n",
  "\\u0000",
  "999999999999",
  "-0",
  "1e999",
  "0x1F",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "2026-02-30",
  "~",
  "null",
];

export function createFuzzInputs(seed: number, { brands, texts, soundSet, sentences }: FuzzSources): FuzzInputs {
  const random = new SeededRandom(seed);
  const kept: (readonly RuleFile[])[] = [];
  let last: readonly RuleFile[] = [];

  const someBrand = (): readonly RuleFile[] =>
    kept.length > 0 && random.chance(0.5) ? random.pick(kept) : random.pick(brands);

  function line(): string {
    const words = [...sentences.next(random)];
    const changes = random.chance(0.5) ? 0 : random.between(1, 3);
    for (let i = 0; i < changes; i++) {
      const at = random.below(words.length + 1);
      const change = random.below(4);
      if (change === 0) words.splice(at, 1);
      else if (change === 1) words.splice(at, 0, sentences.word(random));
      else if (change === 2) words[at] = sentences.word(random);
      else words.splice(at, 0, ...words.slice(at, at + random.between(1, 4)));
    }
    return words.join(random.chance(0.1) ? "" : " ");
  }

  function when(depth: number): unknown {
    if (depth > 4 || random.chance(0.5)) return line();
    const group = random.pick(["all", "any", "none", "at least 2 of", "at least 1 of", "one"]);
    return { [group]: Array.from({ length: random.below(4) }, () => when(depth + 1)) };
  }

  /** A few places of a text changed, or a part of another put into it. */
  function changed(text: string): string {
    let result = text;
    for (let i = random.between(1, 4); i > 0; i--) {
      const at = random.below(result.length + 1);
      const to = Math.min(result.length, at + random.below(random.chance(0.2) ? 200 : 8));
      const put = random.pick([
        () => "",
        () => random.pick(SIGNS),
        () => random.pick(PIECES),
        () => random.pick(PIECES).repeat(random.between(1, 60)),
        () => random.pick(texts).slice(0, 500),
        () => result.slice(at, to) + result.slice(at, to),
        () => line(),
        () => sentences.word(random),
      ])();
      result = result.slice(0, at) + put + result.slice(random.chance(0.5) ? to : at);
    }
    return result;
  }

  function withOne(files: readonly RuleFile[], change: (file: RuleFile) => RuleFile): readonly RuleFile[] {
    const index = random.below(files.length);
    return files.map((file, at) => (at === index ? change(file) : file));
  }

  /** Every line of a condition in a file that is written as JSON, or some of them, reworded. */
  function reworded(file: RuleFile): RuleFile {
    if (!file.text.startsWith("{")) return file;
    const each = (value: unknown): unknown => {
      if (typeof value === "string") return random.chance(0.3) ? sentences.reworded(value, random) : value;
      if (Array.isArray(value)) return value.map(each);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [
          key,
          /^(segment|content|show|otherwise)$/.test(key) ? part : each(part),
        ]),
      );
    };
    return { ...file, text: JSON.stringify(each(JSON.parse(file.text))) };
  }

  const ways: readonly (() => readonly RuleFile[])[] = [
    () => {
      const own = { path: "segments/x.yaml", text: JSON.stringify({ segment: "x", when: when(0) }) };
      return [...random.pick(brands), own];
    },
    () => {
      const choices = [
        { when: when(2), show: "a" },
        { when: line(), show: "b" },
      ];
      const own = { content: "x", "first of": choices, otherwise: "c" };
      return [...random.pick(brands), { path: "content/x.yaml", text: JSON.stringify(own) }];
    },
    () => soundSet(random.below(2 ** 31)),
    () => soundSet(random.below(2 ** 31)).map(reworded),
    () => withOne(someBrand(), (file) => ({ ...file, text: changed(file.text) })),
    () => withOne(someBrand(), (file) => ({ ...file, text: changed(file.text) })),
    () => {
      const templates = someBrand().filter(({ path }) => path.endsWith(".hbs"));
      const some = templates.length === 0 ? someBrand() : templates;
      const file = random.pick(some);
      return [...random.pick(brands).filter(({ path }) => path !== file.path), { ...file, text: changed(file.text) }];
    },
    () => someBrand().map((file) => (random.chance(0.1) ? { ...file, text: changed(file.text) } : file)),
    () => someBrand().filter(() => random.chance(0.8)),
    () => withOne(someBrand(), (file) => ({ ...file, path: random.pick(someBrand()).path })),
    () => [...someBrand(), { path: random.pick(someBrand()).path, text: random.pick(texts) }],
    () => {
      const noise = Array.from({ length: random.below(120) }, () => random.pick(random.chance(0.7) ? SIGNS : PIECES));
      return withOne(random.pick(brands), (file) => ({ ...file, text: noise.join("") }));
    },
    () => {
      const piece = random.pick(PIECES);
      return withOne(random.pick(brands), (file) => ({
        ...file,
        text: piece.repeat(random.below(8_000 / piece.length)),
      }));
    },
  ];

  return {
    next() {
      last = random.pick(ways)();
      return last;
    },
    keep() {
      if (last.length > KEPT_FILES_MAX) return;
      if (kept.length < KEPT_MAX) kept.push(last);
      else kept[random.below(KEPT_MAX)] = last;
    },
  };
}
