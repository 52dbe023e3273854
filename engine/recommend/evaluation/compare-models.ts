/**
 * Every model against popularity on the same customers: what was known before a moment is learned from, what was bought
 * after it is asked for. Differences to popularity carry an interval; the best by NDCG is named, and popularity where none
 * is surely better.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { degreesOf, inSharedMemory, rowOf } from "../interactions/interaction-matrix.ts";
import { createDegreeFilter } from "../models/degree-filter.ts";
import type { RecommendationModel } from "../models/model.ts";
import { createNeighbours } from "../models/neighbour-table.ts";
import { createPopularity } from "../models/popularity.ts";
import { createSharpenedFilter } from "../models/sharpened-filter.ts";
import type { TrainingCrew } from "../training/create-training-crew.ts";
import { OPTIONS_OF, chooseForm } from "../training/similar-forms.ts";
import type { SimilarForm } from "../training/similar-forms.ts";
import { trainTable } from "../training/train-model.ts";
import { createDraw } from "./draw.ts";
import { evaluateRanking } from "./evaluate-ranking.ts";
import type { Interval } from "./intervals.ts";
import { intervalOf, intervalOfDifference } from "./intervals.ts";

export interface ComparedModel {
  readonly model: string;
  /** As what it can be served; undefined: it is there to be compared with. */
  readonly form: SimilarForm | undefined;
  readonly recall: Interval;
  readonly ndcg: Interval;
  /** Of NDCG, less popularity's on the same customers. */
  readonly overPopularity: Interval;
  readonly coverage: number;
  readonly noveltyBits: number;
}

export interface Comparison {
  /** Customers who did something new later, and were asked for it. */
  readonly asked: number;
  readonly top: number;
  readonly models: readonly ComparedModel[];
  readonly best: string;
  /** By which "similar to history" is to be served: the best of those that can be. */
  readonly serve: SimilarForm;
}

/**
 * Beyond these the tables, which are served, are compared alone: the exact forms take a GB for so many interactions, and
 * minutes for so many interactions times customers, as each list of the sharpened one goes through all interactions twice.
 */
const EXACT_ENTRIES_MAX = 3_000_000;
const EXACT_STEPS_MAX = 10_000_000_000;

export async function compareModels(
  { train, test }: { readonly train: InteractionMatrix; readonly test: InteractionMatrix },
  {
    top,
    crew,
    onModel,
    servedOnly = false,
  }: {
    readonly top: number;
    readonly crew: TrainingCrew;
    readonly onModel?: (name: string, done: number, all: number) => void;
    /** Leaves out what cannot be served. */
    readonly servedOnly?: boolean;
  },
): Promise<Comparison> {
  const neighbours = async (form: keyof typeof OPTIONS_OF): Promise<RecommendationModel> =>
    createNeighbours("", await trainTable(train, { options: OPTIONS_OF[form], counts: false }, crew));
  const makers: (readonly [
    string,
    SimilarForm | undefined,
    () => RecommendationModel | Promise<RecommendationModel>,
  ])[] = [
    ["popularity", "popularity", () => createPopularity(train)],
    ["neighbours by cosine", "cosine", () => neighbours("cosine")],
    ["neighbours by degrees", "degrees", () => neighbours("degrees")],
  ];
  const steps = train.entries.length * degreesOf(test).filter((products) => products > 0).length;
  if (!servedOnly && train.entries.length <= EXACT_ENTRIES_MAX && steps <= EXACT_STEPS_MAX)
    makers.push(
      ["filter by degrees, exact", undefined, () => createDegreeFilter("", train, OPTIONS_OF.degrees)],
      ["filter by degrees, sharpened", undefined, () => createSharpenedFilter("", train)],
    );
  const models: ComparedModel[] = [];
  let popularity: Float64Array | undefined;
  let asked = 0;
  for (const [at, [name, form, make]] of makers.entries()) {
    onModel?.(name, at, makers.length);
    const quality = evaluateRanking(await make(), { train, test, top });
    popularity ??= quality.ndcgs;
    asked = quality.ndcgs.length;
    const random = createDraw(11);
    models.push({
      model: name,
      form,
      recall: intervalOf(quality.recalls, { random }),
      ndcg: intervalOf(quality.ndcgs, { random }),
      overPopularity: intervalOfDifference(quality.ndcgs, popularity, { random }),
      coverage: quality.coverage,
      noveltyBits: quality.noveltyBits,
    });
  }
  const better = models.filter(({ overPopularity }) => overPopularity.low > 0);
  const best = better.reduce<ComparedModel | undefined>(
    (found, each) => (found === undefined || each.ndcg.mean > found.ndcg.mean ? each : found),
    undefined,
  );
  const judged = models.flatMap(({ form, ndcg, overPopularity }) =>
    form === undefined ? [] : [{ form, ndcg: ndcg.mean, overPopularityHigh: overPopularity.high }],
  );
  const serve = chooseForm(judged, asked);
  return { asked, top, models, best: best?.model ?? "popularity", serve };
}

/** The rows of at most so many customers who have any, spread evenly over all; the others' are empty. */
export function takeCustomers(matrix: InteractionMatrix, most: number): InteractionMatrix {
  const { customers, products, starts } = matrix;
  const asked = Array.from({ length: customers }, (_, customer) => customer).filter(
    (customer) => rowOf(matrix, customer).length > 0,
  );
  if (asked.length <= most) return matrix;
  const taken = new Set(Array.from({ length: most }, (_, at) => asked[Math.floor((at * asked.length) / most)]));
  const entries: number[] = [];
  const ends = new Uint32Array(starts.length);
  for (let customer = 0; customer < customers; customer += 1) {
    if (taken.has(customer)) entries.push(...rowOf(matrix, customer));
    ends[customer + 1] = entries.length;
  }
  return { customers, products, starts: ends, entries: Uint32Array.from(entries), weights: undefined };
}

/** Rows of the test part only for what is new to a customer: what they have is in nobody's list. */
export function onlyNew(train: InteractionMatrix, later: InteractionMatrix): InteractionMatrix {
  const starts = new Uint32Array(inSharedMemory(4 * (later.customers + 1)));
  const entries: number[] = [];
  for (let customer = 0; customer < later.customers; customer += 1) {
    const had = new Set(train.entries.subarray(train.starts[customer], train.starts[customer + 1]));
    for (const product of later.entries.subarray(later.starts[customer], later.starts[customer + 1]))
      if (!had.has(product)) entries.push(product);
    starts[customer + 1] = entries.length;
  }
  return {
    customers: later.customers,
    products: later.products,
    starts,
    entries: Uint32Array.from(entries),
    weights: undefined,
  };
}
