/**
 * The three long jobs of recommendations over a history: train a model and put it in place; judge the models by what people
 * bought later; write the best products for every customer to a file. Nothing that serves waits for them.
 */
import { createWriteStream, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { History } from "../../history/port.ts";
import type { Event } from "../../model/event.ts";
import type { Comparison } from "../evaluation/compare-models.ts";
import { compareModels, onlyNew } from "../evaluation/compare-models.ts";
import type { GatheredInteractions } from "../interactions/gather-interactions.ts";
import { InteractionGatherer, productsIn } from "../interactions/gather-interactions.ts";
import { buildMatrix, inSharedMemory } from "../interactions/interaction-matrix.ts";
import { createLists } from "../models/customer-lists.ts";
import type { CustomerLists } from "../models/customer-lists.ts";
import { writeModelFile } from "../models/model-file.ts";
import { NO_PRODUCT } from "../models/neighbour-table.ts";
import type { TrainingCrew } from "../training/create-training-crew.ts";
import { trainModel } from "../training/train-model.ts";
import { peopleOfHistory } from "./people-of-history.ts";

export type ListsFormat = "csv" | "ndjson" | "parquet";

export type RecommendJob =
  | { readonly job: "train" }
  | { readonly job: "evaluate"; readonly top: number }
  | { readonly job: "all"; readonly top: number; readonly out: string; readonly format: ListsFormat };

export interface JobProgress {
  readonly step: string;
  readonly done: number;
  readonly all: number;
}

export interface LearnedFrom {
  readonly events: number;
  readonly customers: number;
  readonly products: number;
  /** Left out as no people. */
  readonly programs: number;
  readonly purchases: number;
}

export type JobAnswer =
  | ({ readonly job: "train"; readonly version: string } & LearnedFrom)
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
  const gatherer = new InteractionGatherer(around.at);
  await eachPerson(around, (_, events) => void gatherer.addPerson(events));
  const gathered = gatherer.finish();
  const model = await trainModel(gathered, around.crew, (step, done, all) => around.onProgress({ step, done, all }));
  mkdirSync(around.folder, { recursive: true, mode: 0o700 });
  writeModelFile(join(around.folder, "model.bin"), model);
  return { job: "train", version: model.version, ...learnedFrom(gathered) };
}

/** Of all purchases the last fifth is what the models are asked for. */
const LATER_PART = 0.2;

async function evaluate(top: number, around: JobSurroundings): Promise<JobAnswer> {
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
  const parts = { train: gathered.all, test: onlyNew(gathered.all, later) };
  const onModel = (step: string, done: number, all: number): void => around.onProgress({ step, done, all });
  return {
    job: "evaluate",
    cut,
    ...learnedFrom(gathered),
    ...(await compareModels(parts, { top, crew: around.crew, onModel })),
  };
}

async function writeAll(job: Extract<RecommendJob, { job: "all" }>, around: JobSurroundings): Promise<JobAnswer> {
  const gatherer = new InteractionGatherer(around.at);
  const names: string[] = [];
  await eachPerson(around, (profile, events) => {
    if (gatherer.addPerson(events)) names.push(nameOf(profile, events));
  });
  const gathered = gatherer.finish();
  const model = await trainModel(gathered, around.crew, (step, done, all) => around.onProgress({ step, done, all }));
  const lists = createLists(gathered.customers, job.top, inSharedMemory);
  const shown = new Uint8Array(inSharedMemory(gathered.products.length)).fill(1);
  const source = { matrix: gathered.all, table: model.similar, shown, popular: model.popular };
  await around.crew.run({ is: "lists", lists, source }, (done, all) => around.onProgress({ step: "lists", done, all }));
  const rows = await writeLists(job, { lists, names, products: gathered.products }, around.writeParquet);
  return { job: "all", out: job.out, rows, ...learnedFrom(gathered) };
}

/** Beside, and put in place when it is whole. */
async function writeLists(
  { out, format }: Extract<RecommendJob, { job: "all" }>,
  {
    lists,
    names,
    products,
  }: { readonly lists: CustomerLists; readonly names: readonly string[]; readonly products: readonly string[] },
  writeParquet: JobSurroundings["writeParquet"],
): Promise<number> {
  const part = `${out}.part`;
  const stream = createWriteStream(part, { mode: 0o600 });
  const isText = format !== "ndjson";
  if (isText) stream.write("customer,rank,product,score\n");
  let rows = 0;
  for (const [customer, name] of names.entries()) {
    let text = "";
    for (let place = 0; place < lists.top; place += 1) {
      const at = customer * lists.top + place;
      const product = lists.products[at] as number;
      if (product === NO_PRODUCT) break;
      const score = Math.round((lists.scores[at] as number) * 1e6) / 1e6;
      const id = products[product] ?? "";
      text += isText
        ? `${csvCell(name)},${place + 1},${csvCell(id)},${score}\n`
        : `${JSON.stringify({ customer: name, rank: place + 1, product: id, score })}\n`;
      rows += 1;
    }
    if (!stream.write(text)) await new Promise<void>((resolve) => void stream.once("drain", () => resolve()));
  }
  stream.end();
  await finished(stream);
  if (format === "parquet") await writeParquet(part, out);
  else renameSync(part, out);
  return rows;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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

function learnedFrom({ events, customers, products, programs, bought }: GatheredInteractions): LearnedFrom {
  return { events, customers, products: products.length, programs, purchases: bought.entries.length };
}
