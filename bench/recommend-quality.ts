/**
 * How good recommendations are, on the published split of Gowalla check-ins: full ranking, what was known masked. The judge is
 * held to the published figures of popularity first. Every exponent is chosen by customers of a fifth of the training part
 * that was held out by chance, one exponent after the other, three times round; the test part is asked afterwards, once a model.
 * What is served, 50 neighbours a product, stands beside wider tables and the exact forms, which are not.
 *
 * Takes about 20 minutes and 1 GB. `BENCH_CUSTOMERS=500` asks fewer customers throughout, to see that it works: its figures
 * are then no more than that. `BENCH_IN_FORCE=1` chooses nothing and judges what is in force, over all customers.
 */
import { createDraw } from "../engine/recommend/evaluation/draw.ts";
import { evaluateRanking } from "../engine/recommend/evaluation/evaluate-ranking.ts";
import { intervalOf } from "../engine/recommend/evaluation/intervals.ts";
import { takeCustomers } from "../engine/recommend/evaluation/compare-models.ts";
import { readGowalla } from "../engine/recommend/evaluation/gowalla-fixture.ts";
import { splitByChance } from "../engine/recommend/evaluation/split.ts";
import type { Split } from "../engine/recommend/evaluation/split.ts";
import type { RecommendationModel } from "../engine/recommend/models/model.ts";
import { buildTable, createNeighbours } from "../engine/recommend/models/neighbour-table.ts";
import { createPopularity } from "../engine/recommend/models/popularity.ts";
import { SHARPENED, createSharpenedFilter } from "../engine/recommend/models/sharpened-filter.ts";
import type { SharpeningOptions } from "../engine/recommend/models/sharpened-filter.ts";
import { COSINE } from "../engine/recommend/models/similarity.ts";
import type { SimilarityOptions } from "../engine/recommend/models/similarity.ts";
import { OPTIONS_OF } from "../engine/recommend/training/similar-forms.ts";
import { keepResults, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const FOLDER = process.env["VIF_TEST_DATA"] ?? "../shared/data";
const VALIDATION_PART = 0.2;
const VALIDATION_CUSTOMERS = 2_000;
const ASKED_MOST = sizeOf("BENCH_CUSTOMERS", Number.MAX_SAFE_INTEGER);
const CHOOSES = process.env["BENCH_IN_FORCE"] !== "1";
/** What anybody would begin with: the exponents of the graph filter as published, with nothing taken away. */
const FIRST: SharpeningOptions = { customerExponent: 0.5, sourceExponent: 0.5, targetExponent: 0.5, sharpening: 0 };
const ROUNDS = 3;

type Steps<Options> = { readonly [Key in keyof Options]?: readonly number[] };
const EXPONENTS = {
  targetExponent: [0.1, 0.15, 0.2, 0.3, 0.4, 0.5],
  customerExponent: [0.25, 0.3, 0.35, 0.4, 0.5],
  sourceExponent: [0.4, 0.5, 0.6],
} as const;

interface Chosen<Options> {
  readonly options: Options;
  readonly ndcg: number;
  readonly tried: number;
}

/** One option after the other is set to the value by which NDCG on the validation part is highest. */
function choose<Options extends object>(
  first: Options,
  steps: Steps<Options>,
  make: (options: Options, split: Split) => RecommendationModel,
  split: Split,
): Chosen<Options> {
  const known = new Map<string, number>();
  const ndcgOf = (options: Options): number => {
    const key = JSON.stringify(options);
    const ndcg = known.get(key) ?? evaluateRanking(make(options, split), split).ndcg;
    known.set(key, ndcg);
    return ndcg;
  };
  let options = first;
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, values] of Object.entries(steps) as [string, readonly number[]][])
      for (const value of values) {
        const other = { ...options, [name]: value };
        if (ndcgOf(other) > ndcgOf(options)) options = other;
      }
  return { options, ndcg: ndcgOf(options), tried: known.size };
}

const tableOf =
  (width: number) =>
  (options: SimilarityOptions, { train }: Split): RecommendationModel =>
    createNeighbours("", buildTable(train, width, options));

const IN_FORCE = OPTIONS_OF.degrees;
const said = (options: object): string => JSON.stringify(options).replaceAll('"', "");

function chooseAll(gowalla: Split) {
  const parts = splitByChance(gowalla.train, VALIDATION_PART, createDraw(7));
  const validation = { ...parts, test: takeCustomers(parts.test, Math.min(VALIDATION_CUSTOMERS, ASKED_MOST)) };
  const sharpened = choose(
    FIRST,
    { ...EXPONENTS, sharpening: [0.3, 0.5, 0.7, 0.9, 1, 1.2] },
    (options, { train }) => createSharpenedFilter("", train, options),
    validation,
  );
  const exact = choose(
    FIRST,
    EXPONENTS,
    (options, { train }) => createSharpenedFilter("", train, { ...options, sharpening: 0 }),
    validation,
  );
  const { sharpening: _, ...first } = FIRST;
  const table = choose({ ...first, shrinkage: 0 }, EXPONENTS, tableOf(50), validation);
  for (const [what, { options, tried, ndcg }] of [
    ["50 neighbours", table],
    ["exact", exact],
    ["sharpened", sharpened],
  ] as const)
    process.stdout.write(`${what}: of ${tried} tried, NDCG ${ndcg.toFixed(4)} by ${said(options)}\n`);
  return { table, exact, sharpened };
}

function main(): void {
  const gowalla = readGowalla(FOLDER);
  if (gowalla === undefined) {
    process.stdout.write(`There is no ${FOLDER}/gowalla: set VIF_TEST_DATA.\n`);
    return;
  }
  const popularity = evaluateRanking(createPopularity(gowalla.train), gowalla);
  const isHeld = Math.abs(popularity.recall - 0.0416309789) < 1e-9 && Math.abs(popularity.ndcg - 0.0316899293) < 1e-9;
  if (!isHeld)
    throw new Error(`popularity gives ${popularity.recall} and ${popularity.ndcg}: the judge is not to be trusted`);
  process.stdout.write("Popularity gives the published .0416309789 and .0316899293: the judge is sound.\n\n");

  const chosen = CHOOSES ? chooseAll(gowalla) : undefined;
  const exact = chosen?.exact.options ?? { ...IN_FORCE, sharpening: 0 };
  const sharpened = chosen?.sharpened.options ?? SHARPENED;
  process.stdout.write(`in force: ${said(IN_FORCE)}; ${said(SHARPENED)}\n\n`);

  const test = { train: gowalla.train, test: takeCustomers(gowalla.test, ASKED_MOST) };
  const models: readonly (readonly [string, () => RecommendationModel])[] = [
    ["popularity", () => createPopularity(test.train)],
    ["40 neighbours by cosine", () => tableOf(40)(COSINE, test)],
    ["50 neighbours by degrees, as served", () => tableOf(50)(IN_FORCE, test)],
    ["200 neighbours by degrees", () => tableOf(200)(IN_FORCE, test)],
    ["exact", () => createSharpenedFilter("", test.train, { ...exact, sharpening: 0 })],
    ["sharpened", () => createSharpenedFilter("", test.train, sharpened)],
  ];
  const judged = models.map(([model, make]) => {
    const { recalls, ndcgs, coverage } = evaluateRanking(make(), test);
    const random = createDraw(11);
    return { model, recall: intervalOf(recalls, { random }), ndcg: intervalOf(ndcgs, { random }), coverage };
  });
  const interval = ({ mean, low, high }: (typeof judged)[number]["recall"]): string =>
    `${mean.toFixed(4)} (${low.toFixed(4)}-${high.toFixed(4)})`;
  printTable([
    ["model, test part", "Recall@20", "NDCG@20", "coverage"],
    ...judged.map(({ model, recall, ndcg, coverage }) => [
      model,
      interval(recall),
      interval(ndcg),
      `${(100 * coverage).toFixed(1)} %`,
    ]),
    ["published: ItemKNN, 40 neighbours by cosine", "0.1570", "0.1214", ""],
    ["published: EASE", "0.1765", "0.1467", ""],
    ["published: LightGCN", "0.1830", "0.1550", ""],
  ]);
  process.stdout.write(
    `\n${keepResults("recommend-quality", { chosen, inForce: { table: IN_FORCE, sharpened: SHARPENED }, test: judged })}\n`,
  );
}

main();
