/** From who had to do with what to a model that is served: three tables of neighbours and two orders of products. */
import { createHash } from "node:crypto";
import { neighboursKept } from "../../limits-of-recommending.ts";
import { capBaskets, transposeSampled } from "../interactions/cap-matrix.ts";
import type { GatheredInteractions } from "../interactions/gather-interactions.ts";
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { inSharedMemory } from "../interactions/interaction-matrix.ts";
import type { LearnedModel } from "../models/learned-model.ts";
import type { NeighbourTable } from "../models/neighbour-table.ts";
import { createTable } from "../models/neighbour-table.ts";
import { countCustomers } from "../models/popularity.ts";
import type { SimilarityOptions } from "../models/similarity.ts";
import { scalesOf } from "../models/similarity.ts";
import { OPTIONS_OF } from "./similar-forms.ts";
import type { SimilarForm } from "./similar-forms.ts";
import type { TrainingCrew } from "./create-training-crew.ts";

/** A pair of products that a handful of customers share is to say little beside one that a hundred do. */
const TOGETHER = OPTIONS_OF.cosine;

export interface TrainedModel extends LearnedModel {
  /** Ids by number. */
  readonly products: readonly string[];
}

export type TrainingStep = "bought together" | "viewed together" | "similar to history";

export async function trainModel(
  gathered: GatheredInteractions,
  crew: TrainingCrew,
  {
    similarBy = "degrees",
    range,
    onProgress = () => undefined,
  }: {
    readonly similarBy?: SimilarForm;
    /** By product: 0 is nobody's neighbour. Absent: all may be. */
    readonly range?: Uint8Array | undefined;
    readonly onProgress?: (step: TrainingStep, done: number, all: number) => void;
  } = {},
): Promise<TrainedModel> {
  const { bought, viewed, all, products, recent, before } = gathered;
  const train = (step: TrainingStep, matrix: InteractionMatrix, options: SimilarityOptions): Promise<NeighbourTable> =>
    trainTable(matrix, { options, range, counts: step === "bought together" }, crew, (done, rows) =>
      onProgress(step, done, rows),
    );
  const tables = {
    bought: await train("bought together", bought, TOGETHER),
    viewed: await train("viewed together", viewed, TOGETHER),
    similar:
      similarBy === "popularity"
        ? createTable(products.length, neighboursKept, inSharedMemory)
        : await train("similar to history", all, OPTIONS_OF[similarBy]),
  };
  const counts = countCustomers(bought.entries.length > 0 ? bought : viewed);
  const popular = inOrder(products.length, (product) => counts[product] as number);
  const trending = inOrder(products.length, (product) => rise(recent[product] as number, before[product] as number));
  return { ...tables, products, popular, trending, similarBy, version: versionOf(products, tables) };
}

export async function trainTable(
  matrix: InteractionMatrix,
  {
    options,
    counts,
    range,
    width = neighboursKept,
  }: { options: SimilarityOptions; counts: boolean; range?: Uint8Array | undefined; width?: number },
  crew: TrainingCrew,
  onProgress?: (done: number, rows: number) => void,
): Promise<NeighbourTable> {
  const plain = createTable(matrix.products, width, inSharedMemory);
  const table = counts ? { ...plain, counts: new Uint32Array(inSharedMemory(4 * matrix.products * width)) } : plain;
  const capped = capBaskets(matrix);
  const source = { matrix: capped, byProduct: transposeSampled(capped), scales: scalesOf(matrix, options), range };
  await crew.run({ is: "neighbours", table, source }, onProgress);
  return table;
}

/** How much more of late than before; what is rare has to rise further before it counts. */
function rise(recent: number, before: number): number {
  return recent === 0 ? 0 : (recent - before) / Math.sqrt(before + 3);
}

/** Products whose value is above 0, the highest first. */
function inOrder(products: number, valueOf: (product: number) => number): Uint32Array {
  const order = Array.from({ length: products }, (_, product) => product).filter((product) => valueOf(product) > 0);
  order.sort((a, b) => valueOf(b) - valueOf(a) || a - b);
  const shared = new Uint32Array(inSharedMemory(4 * order.length));
  shared.set(order);
  return shared;
}

function versionOf(products: readonly string[], tables: Readonly<Record<string, NeighbourTable>>): string {
  const hash = createHash("sha256").update(products.join("\n"));
  for (const { neighbours, similarities } of Object.values(tables)) hash.update(neighbours).update(similarities);
  return hash.digest("hex").slice(0, 16);
}
