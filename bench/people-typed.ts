/**
 * People whom `npm run bench -- people` makes up, what somebody types who looks for one of them, and how long the answers
 * take, whoever gives them: a history or a whole engine.
 */
import { sizeOf } from "./sizes.ts";
import { createRandom } from "./visits.ts";

const TYPISTS = sizeOf("BENCH_TYPISTS", 20);

export interface Named {
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly phone: string;
  readonly card: string;
}

const SYLLABLES = "ma ri lo du pe jean an so be to le na va co mi ga el no ro sa chi fra gu he ju ka lu vi ze ou".split(
  " ",
);
const FIRST_NAMES = namesOf(2_000, 11);
const LAST_NAMES = namesOf(40_000, 12);

function namesOf(amount: number, seed: number): readonly string[] {
  const random = createRandom(seed);
  const syllable = (): string => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? "";
  return Array.from({ length: amount }, () => syllable() + syllable() + (random() < 0.5 ? syllable() : ""));
}

/** Names as unevenly spread as names are. */
export function named(n: number): Named {
  const random = createRandom(n * 2_654_435 + 7);
  random();
  const of = (names: readonly string[]): string => names[Math.floor(names.length * random() ** 2.5)] ?? "";
  const [first, last] = [of(FIRST_NAMES), of(LAST_NAMES)];
  return {
    first,
    last,
    email: `${first}.${last}${n}@example.fr`,
    phone: `+336${10_000_000 + ((n * 7_919) % 89_999_999)}`,
    card: String(4_000_000_000_000 + n * 7_919),
  };
}

/** What a typist has typed after each key, from the second on. */
function typed(text: string): readonly string[] {
  return Array.from({ length: text.length - 1 }, (_, index) => text.slice(0, index + 2));
}

const KINDS: Readonly<Record<string, (person: Named, n: number) => string>> = {
  name: ({ first, last }) => `${first} ${last}`,
  "last name first": ({ first, last }) => `${last} ${first}`,
  "e-mail": ({ email }) => email,
  phone: ({ phone }) => phone.replace("+33", "0"),
  card: ({ card }) => card,
  nobody: (_, n) => `xq${n}zw`,
};

export interface Asking {
  /** Who is found by what was typed, each by the name that `meant` has for them. */
  readonly find: (typed: string) => Promise<readonly string[]>;
  readonly meant: (n: number) => string;
}

export interface Asked {
  readonly kind: string;
  readonly searches: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Types all of them, letter by letter. @throws Error when somebody who was typed whole is not found */
export async function askAll(people: number, { find, meant }: Asking): Promise<readonly Asked[]> {
  const all: number[] = [];
  const asked: Asked[] = [];
  for (const [kind, textOf] of Object.entries(KINDS)) {
    const tookMs: number[] = [];
    for (let typist = 0; typist < TYPISTS; typist++) {
      const n = 1 + ((typist * 15_485_863) % people);
      const text = textOf(named(n), n);
      for (const sofar of typed(text)) {
        const startMs = performance.now();
        const found = await find(sofar);
        tookMs.push(performance.now() - startMs);
        const isWhole = sofar === text && (kind === "e-mail" || kind === "phone" || kind === "card");
        if (isWhole && !found.includes(meant(n))) throw new Error(`"${text}" was not found`);
      }
    }
    all.push(...tookMs);
    asked.push(summary(kind, tookMs));
  }
  return [...asked, summary("all", all)];
}

function summary(kind: string, tookMs: readonly number[]): Asked {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { kind, searches: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
