/**
 * Every model against popularity on the same customers: what was known before a moment is learned from, what was bought
 * after it is asked for. Differences to popularity carry an interval; the best by NDCG is named, and popularity where none
 * is surely better.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { inSharedMemory } from "../interactions/interaction-matrix.ts";
import { createDegreeFilter } from "../models/degree-filter.ts";
import type { RecommendationModel } from "../models/model.ts";
import { createNeighbours } from "../models/neighbour-table.ts";
import { createPopularity } from "../models/popularity.ts";
import { createSharpenedFilter } from "../models/sharpened-filter.ts";
import { COSINE } from "../models/similarity.ts";
import type { TrainingCrew } from "../training/create-training-crew.ts";
import { FOR_HISTORIES, trainTable } from "../training/train-model.ts";
import { createDraw } from "./draw.ts";
import { evaluateRanking } from "./evaluate-ranking.ts";
import type { Interval } from "./intervals.ts";
import { intervalOf, intervalOfDifference } from "./intervals.ts";

export interface ComparedModel {
  readonly model: string;
  readonly recall: Interval;
  readonly ndcg: Interval;
  /** Of NDCG, less popularity's on the same customers. */
  readonly overPopularity: Interval;
  readonly coverage: number;
  readonly noveltyBits: number;
}

export interface Comparison {
  readonly customers: number;
  readonly products: number;
  readonly top: number;
  readonly models: readonly ComparedModel[];
  readonly best: string;
}

/** Beyond so many interactions the exact forms take minutes and a GB: the tables, which are served, are compared alone. */
const EXACT_ENTRIES_MAX = 3_000_000;

export async function compareModels(
  { train, test }: { readonly train: InteractionMatrix; readonly test: InteractionMatrix },
  {
    top,
    crew,
    onModel,
  }: { top: number; crew: TrainingCrew; onModel?: (name: string, done: number, all: number) => void },
): Promise<Comparison> {
  const table = (options: typeof COSINE) => trainTable(train, { options, counts: false }, crew);
  const makers: (readonly [string, () => RecommendationModel | Promise<RecommendationModel>])[] = [
    ["popularity", () => createPopularity(train)],
    ["neighbours by cosine", async () => createNeighbours("", await table({ ...COSINE, shrinkage: 10 }))],
    ["neighbours by degrees (served)", async () => createNeighbours("", await table(FOR_HISTORIES))],
  ];
  if (train.entries.length <= EXACT_ENTRIES_MAX)
    makers.push(
      ["filter by degrees, exact", () => createDegreeFilter("", train, FOR_HISTORIES)],
      ["filter by degrees, sharpened", () => createSharpenedFilter("", train)],
    );
  const models: ComparedModel[] = [];
  let popularity: Float64Array | undefined;
  let customers = 0;
  for (const [at, [name, make]] of makers.entries()) {
    onModel?.(name, at, makers.length);
    const quality = evaluateRanking(await make(), { train, test, top });
    popularity ??= quality.ndcgs;
    customers = quality.ndcgs.length;
    const random = createDraw(11);
    models.push({
      model: name,
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
  return { customers, products: train.products, top, models, best: best?.model ?? "popularity" };
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
