/**
 * The three long jobs of recommendations over a history: train a model and put it in place; judge the models by what people
 * bought later; write the best products for every customer to a file. Nothing that serves waits for them.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { History } from "../../history/port.ts";
import type { Event } from "../../model/event.ts";
import { choiceCustomersMax, choiceCustomersMin, evaluationCustomersMax } from "../../limits-of-recommending.ts";
import type { Comparison } from "../evaluation/compare-models.ts";
import { compareModels, onlyNew, takeCustomers } from "../evaluation/compare-models.ts";
import type { GatheredInteractions } from "../interactions/gather-interactions.ts";
import { InteractionGatherer, productsIn } from "../interactions/gather-interactions.ts";
import { buildMatrix, inSharedMemory } from "../interactions/interaction-matrix.ts";
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { createLists } from "../models/customer-lists.ts";
import { MODEL_FILE, readModelFile, writeModelFile } from "../models/model-file.ts";
import type { SimilarForm } from "../training/similar-forms.ts";
import type { TrainingCrew } from "../training/create-training-crew.ts";
import { trainModel } from "../training/train-model.ts";
import type { Choice } from "./choice-file.ts";
import { readChoice, writeChoice } from "./choice-file.ts";
import { learnedFrom } from "./learned-from.ts";
import type { LearnedFrom } from "./learned-from.ts";
import type { ListsFormat } from "./lists-file.ts";
import { openLists } from "./lists-file.ts";
import { peopleOfHistory } from "./people-of-history.ts";
import { readRange } from "./range-of-catalogue.ts";

export type RecommendJob =
  | { readonly job: "train" }
  | { readonly job: "evaluate"; readonly top: number }
  | { readonly job: "all"; readonly top: number; readonly out: string; readonly format: ListsFormat };

export interface JobProgress {
  readonly step: string;
  readonly done: number;
  readonly all: number;
}

export type JobAnswer =
  | ({
      readonly job: "train";
      readonly version: string;
      /** Nothing was learned, and the model that was in place stays. */
      readonly kept: boolean;
      readonly similarBy: SimilarForm;
    } & LearnedFrom)
  | ({ readonly job: "evaluate"; readonly cut: number } & LearnedFrom & Comparison)
  | ({ readonly job: "all"; readonly out: string; readonly rows: number } & LearnedFrom);

export interface JobSurroundings {
  readonly history: Pick<History, "events" | "countEvents">;
  /** Where the model is kept. */
  readonly folder: string;
  readonly at: number;
  readonly crew: TrainingCrew;
  readonly onProgress: (progress: JobProgress) => void;
  /** Makes a Parquet file of a CSV file. */
  readonly writeParquet: (csv: string, out: string) => Promise<void>;
}

/** Rejects with HistoryUnavailable, and with what writing a file rejects with. */
export async function runRecommendJob(job: RecommendJob, around: JobSurroundings): Promise<JobAnswer> {
  switch (job.job) {
    case "train":
      return await train(around);
    case "evaluate":
      return await evaluate(job.top, around);
    case "all":
      return await writeAll(job, around);
  }
}

async function train(around: JobSurroundings): Promise<JobAnswer> {
  const { folder, at, crew } = around;
  const similarBy = (readChoice(folder, at) ?? (await choose(around))).form;
  const gathered = (await gather(around)).finish();
  const range = readRange(folder);
  const from = learnedFrom(gathered, range);
  const path = join(folder, MODEL_FILE);
  // A history that is empty, or was lost, teaches nothing: what was learned before goes on serving.
  const kept = gathered.all.entries.length === 0 ? readModelFile(path) : undefined;
  if (kept !== undefined) return { job: "train", version: kept.version, kept: true, similarBy, ...from };
  const known = range.known(gathered.products);
  const model = await trainModel(gathered, crew, { similarBy, range: known, onProgress: stepsOf(around) });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeModelFile(path, model);
  return { job: "train", version: model.version, kept: false, similarBy, ...from };
}

/** Chooses by fewer customers, and only among what can be served. */
async function choose(around: JobSurroundings): Promise<Choice> {
  const { gathered, test } = await holdOut(around);
  const few = takeCustomers(test, choiceCustomersMax);
  const { serve, asked } = await compareModels(
    { train: gathered.all, test: few },
    { top: 20, crew: around.crew, servedOnly: true, onModel: stepsOf(around) },
  );
  return keepChoice(around, { form: serve, customers: asked });
}

function keepChoice({ folder, at }: JobSurroundings, { form, customers }: Omit<Choice, "at">): Choice {
  const choice = { form, customers, at };
  // What too few have said is asked again the next time.
  if (customers >= choiceCustomersMin) writeChoice(folder, choice);
  return choice;
}

function stepsOf({ onProgress }: JobSurroundings): (step: string, done: number, all: number) => void {
  return (step, done, all) => onProgress({ step, done, all });
}

async function gather(around: JobSurroundings): Promise<InteractionGatherer> {
  const gatherer = new InteractionGatherer(around.at);
  await eachPerson(around, (_, events) => void gatherer.addPerson(events));
  return gatherer;
}

/** Of all purchases the last fifth is what the models are asked for. */
const LATER_PART = 0.2;

interface HeldOut {
  readonly cut: number;
  /** What was known before the cut. */
  readonly gathered: GatheredInteractions;
  /** What the same customers bought from then on, and did not have. */
  readonly test: InteractionMatrix;
}

async function holdOut(around: JobSurroundings): Promise<HeldOut> {
  const times: number[] = [];
  await eachPerson(around, (_, events) => {
    for (const { name, timestamp } of events) if ((name as string) === "order_completed") times.push(timestamp);
  });
  times.sort((a, b) => a - b);
  const cut = times[Math.floor(times.length * (1 - LATER_PART))] ?? around.at;
  const gatherer = new InteractionGatherer(cut);
  const customerOf: number[] = [];
  const productOf: number[] = [];
  let customers = 0;
  await eachPerson(around, (_, events) => {
    const before = events.filter(({ timestamp }) => timestamp < cut);
    if (!gatherer.addPerson(before)) return;
    for (const { name, timestamp, fields } of events) {
      if (timestamp < cut || (name as string) !== "order_completed") continue;
      for (const { id, quantity } of productsIn(fields)) {
        if (quantity <= 0) continue;
        customerOf.push(customers);
        productOf.push(gatherer.productNumber(id));
      }
    }
    customers += 1;
  });
  const gathered = gatherer.finish();
  const later = buildMatrix({
    customers,
    products: gathered.products.length,
    customerOf: Uint32Array.from(customerOf),
    productOf: Uint32Array.from(productOf),
  });
  return { cut, gathered, test: onlyNew(gathered.all, later) };
}

async function evaluate(top: number, around: JobSurroundings): Promise<JobAnswer> {
  const { cut, gathered, test } = await holdOut(around);
  const parts = { train: gathered.all, test: takeCustomers(test, evaluationCustomersMax) };
  const compared = await compareModels(parts, { top, crew: around.crew, onModel: stepsOf(around) });
  keepChoice(around, { form: compared.serve, customers: compared.asked });
  return { job: "evaluate", cut, ...learnedFrom(gathered, readRange(around.folder)), ...compared };
}

async function writeAll(job: Extract<RecommendJob, { job: "all" }>, around: JobSurroundings): Promise<JobAnswer> {
  // A place that cannot be written is told before anything is learned.
  const file = await openLists(job, around.writeParquet);
  try {
    const gatherer = new InteractionGatherer(around.at);
    const names: string[] = [];
    await eachPerson(around, (profile, events) => {
      if (gatherer.addPerson(events)) names.push(nameOf(profile, events));
    });
    const range = readRange(around.folder);
    // What nobody has bought yet fills rows that what most people buy leaves short, as it fills strips.
    const rest = range.shown.map((id) => gatherer.productNumber(id));
    const gathered = gatherer.finish();
    const similarBy = readChoice(around.folder, around.at)?.form ?? "degrees";
    const shown = range.showable(gathered.products);
    const model = await trainModel(gathered, around.crew, { similarBy, range: shown, onProgress: stepsOf(around) });
    const lists = createLists(gathered.customers, job.top, inSharedMemory);
    const popular = Uint32Array.from(new Set([...model.popular, ...rest]));
    const source = { matrix: gathered.all, table: model.similar, shown, popular };
    const onProgress = (done: number, all: number): void => around.onProgress({ step: "lists", done, all });
    await around.crew.run({ is: "lists", lists, source }, onProgress);
    const rows = await file.write({
      lists,
      names,
      products: gathered.products,
      titles: gathered.products.map(range.titleOf),
    });
    return { job: "all", out: job.out, rows, ...learnedFrom(gathered, range) };
  } finally {
    file.close();
  }
}

/** What the brand knows somebody by: the user id, else an e-mail, a card, else this engine's own name. */
function nameOf(profile: string, events: readonly Event[]): string {
  const known = new Map(
    events.flatMap(({ identifiers }) => identifiers.map(({ kind, value }) => [kind, value] as const)),
  );
  return known.get("user") ?? known.get("email") ?? known.get("card") ?? profile;
}

async function eachPerson(
  { history, onProgress }: JobSurroundings,
  see: (profile: string, events: readonly Event[]) => void,
): Promise<void> {
  const all = await history.countEvents(["product_viewed", "product_added", "order_completed", "order_refunded"]);
  let done = 0;
  const onEvents = (events: number): void => onProgress({ step: "reading", done: (done += events), all });
  for await (const { profile, events } of peopleOfHistory(history, onEvents)) see(profile, events);
}
