/**
 * Random sound rule sets for measurements: rule files over the events and fields of the example brand, so many segments of
 * 3 to 6 predicates over so many distinct aggregates. The same seed gives the same files. The events' mix is that of a
 * shop: views have several streams, most events one or two.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "./visits.ts";

export interface GeneratedRules {
  readonly segments: number;
  /** Distinct aggregates among them, at most 96. */
  readonly aggregates: number;
  readonly contents: number;
  readonly seed: number;
}

interface GeneratedFile {
  /** Relative to the rules folder. */
  readonly path: string;
  readonly text: string;
}

/** The brand whose fields and events the rules are about; found from the source tree and from dist/ alike. */
const exampleRules = join(
  dirname(fileURLToPath(import.meta.url)),
  import.meta.url.includes("/dist/") ? "../../rules" : "../rules",
);

/** What is counted and summed: two streams an event on average, four windows each. */
const STREAMS = [
  { text: "count of product_viewed", thresholds: [1, 3, 5, 10, 25] },
  { text: "count of product_viewed where category = shoes", thresholds: [1, 2, 3, 8] },
  { text: "count of product_viewed where (category in [bags, accessories] and price >= 40)", thresholds: [1, 2, 5] },
  { text: "sum of product_viewed.price where on_sale", thresholds: [50, 100, 300] },
  { text: "count of page_viewed", thresholds: [1, 5, 10, 40] },
  { text: 'count of page_viewed where path starts with "/sale"', thresholds: [1, 2, 4] },
  { text: "count of product_added", thresholds: [1, 2, 4] },
  { text: "count of product_added where (category = clothes or quantity >= 3)", thresholds: [1, 2] },
  { text: "sum of product_added.price", thresholds: [50, 120, 400] },
  { text: "count of cart_updated", thresholds: [1, 3, 6] },
  { text: "count of cart_updated where cart.total >= 60", thresholds: [1, 2] },
  { text: "count of order_completed", thresholds: [1, 2, 5] },
  { text: "sum of order_completed.total", thresholds: [50, 200, 500, 1000] },
  { text: "count of order_completed where channel = store", thresholds: [1, 2] },
  { text: "sum of order_completed.discount", thresholds: [10, 40] },
  { text: "count of order_refunded", thresholds: [1, 2] },
  { text: "sum of order_refunded.total", thresholds: [50, 150] },
  { text: "count of store_visited", thresholds: [1, 2, 4] },
  { text: "count of store_visited where city in [Paris, Lyon]", thresholds: [1, 3] },
  { text: "count of search_performed", thresholds: [1, 3, 8] },
  { text: "count of search_performed where results = 0", thresholds: [1, 2] },
  { text: "count of email_opened", thresholds: [1, 3, 10] },
  { text: "count of email_opened where campaign contains sale", thresholds: [1, 2] },
  { text: "count of unsubscribed", thresholds: [1, 2] },
] as const;

const WINDOWS = ["in last 7 days", "in last 30 days", "in last 90 days", "in last 365 days"] as const;

const LAST = ["order_completed", "product_viewed", "store_visited", "email_opened"] as const;

const ATTRIBUTES = [
  "city in [Paris, Lyon, Lille]",
  "city = Bruxelles",
  "country = FR",
  "country in [BE, LU, CH]",
  "country != DE",
  "language is not fr",
  "newsletter",
  "not newsletter",
  "card_tier = gold",
  "card_tier in [silver, gold]",
  "card_tier is known",
  "card_points >= 500",
  "card_points between 100 and 900",
  "shoe_size < 40",
  "interests contains running",
  "store_credit > 10",
  "signup_date was more than 180 days ago",
  "signup_date was less than 30 days ago",
] as const;

const COMPARISONS = [">=", ">=", ">=", "<", ">"] as const;

export function generateRules(options: GeneratedRules): readonly GeneratedFile[] {
  const random = createRandom(options.seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const aggregates = chooseAggregates(options.aggregates, pick);
  const predicate = (segmentsBefore: number): string => {
    const kind = random();
    if (kind < 0.7) {
      const { text, thresholds } = pick(aggregates);
      return `${text} ${pick(COMPARISONS)} ${pick(thresholds)}`;
    }
    if (kind < 0.9 || (kind >= 0.97 && segmentsBefore === 0)) return pick(ATTRIBUTES);
    if (kind < 0.97) return `last ${pick(LAST)} was ${pick(["more", "less"])} than ${pick([2, 14, 60, 180])} days ago`;
    return `${pick(["", "not "])}in segment ${segmentName(Math.floor(random() * segmentsBefore))}`;
  };
  const segments = Array.from({ length: options.segments }, (_, index) => {
    const { text: counted, thresholds } = pick(aggregates);
    const others = Array.from({ length: 2 + Math.floor(random() * 4) }, () => `        - ${predicate(index)}`);
    const group = pick(["all", "all", "all", "any", "at least 2 of"]);
    const name = segmentName(index);
    // Nobody is in a segment before having done something: as with rules that people write.
    const lines = ["  all:", `    - ${counted} >= ${pick(thresholds)}`, `    - ${group}:`, ...others];
    const text = [`segment: ${name}`, "when:", ...lines, ""].join("\n");
    return { path: `segments/${name}.yaml`, text };
  });
  const contents = Array.from({ length: options.contents }, (_, index) => {
    const choices = Array.from({ length: 3 }, (_unused, choice) => {
      const when = choice === 2 ? predicate(0) : `in segment ${segmentName(Math.floor(random() * options.segments))}`;
      return `  - when: ${when}\n    show: choice-${choice + 1}`;
    });
    const text = [`content: place-${index}`, "first of:", ...choices, "otherwise: nothing", ""].join("\n");
    return { path: `content/place-${index}.yaml`, text };
  });
  return [...segments, ...contents];
}

/** The example's fields and events, which generated rules stand beside. */
export function readBrand(): readonly GeneratedFile[] {
  const paths = ["fields.yaml", ...readdirSync(join(exampleRules, "events")).map((name) => `events/${name}`)];
  return paths.map((path) => ({ path, text: readFileSync(join(exampleRules, path), "utf8") }));
}

/** Writes a whole brand folder: the example's fields and events with generated segments and contents. */
export function writeRules(folder: string, options: GeneratedRules): void {
  for (const sub of ["segments", "content"]) mkdirSync(join(folder, sub), { recursive: true });
  cpSync(join(exampleRules, "fields.yaml"), join(folder, "fields.yaml"));
  cpSync(join(exampleRules, "events"), join(folder, "events"), { recursive: true });
  for (const { path, text } of generateRules(options)) writeFileSync(join(folder, path), text);
}

type Aggregate = { readonly text: string; readonly thresholds: readonly number[] };

/** Every stream is used before any gets its second window; `last EVENT` comes on top, and shares the stream of the count. */
function chooseAggregates(count: number, pick: <T>(from: readonly T[]) => T): readonly Aggregate[] {
  const wanted = Math.max(1, count - LAST.length);
  const chosen = new Map<string, Aggregate>();
  for (let round = 0; chosen.size < Math.min(wanted, STREAMS.length * WINDOWS.length); round++) {
    const stream = STREAMS[round % STREAMS.length] as (typeof STREAMS)[number];
    const text = `${stream.text} ${pick(WINDOWS)}`;
    chosen.set(text, { text, thresholds: stream.thresholds });
  }
  return [...chosen.values()];
}

function segmentName(index: number): string {
  return `s-${index}`;
}
