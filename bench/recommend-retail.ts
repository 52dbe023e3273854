/**
 * Recommendations on real invoices: UCI "Online Retail", learned from what came before 2011-11-08 and asked for what known
 * customers bought new from then on; every model beside popularity. Then, for some products and customers, the lists
 * themselves with the products' names, for a person to judge. Cancelled invoices are returns; lines of postage, samples and
 * the like name no product and are left out.
 *
 *     node dist/bench/recommend-retail.js
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { compareModels, onlyNew } from "../engine/recommend/evaluation/compare-models.ts";
import { InteractionGatherer } from "../engine/recommend/interactions/gather-interactions.ts";
import type { LearnedEvent } from "../engine/recommend/interactions/gather-interactions.ts";
import { buildMatrix } from "../engine/recommend/interactions/interaction-matrix.ts";
import { NO_PRODUCT } from "../engine/recommend/models/neighbour-table.ts";
import type { NeighbourTable } from "../engine/recommend/models/neighbour-table.ts";
import { createTrainingCrew } from "../engine/recommend/training/create-training-crew.ts";
import { trainModel } from "../engine/recommend/training/train-model.ts";
import { createCsvRows } from "../engine/replay/rows-port.ts";
import { keepResults, printTable } from "./results.ts";

const FILE = resolve(process.env["VIF_TEST_DATA"] ?? "../shared/data", "online-retail/online_retail.csv.gz");
const CUT = Date.parse("2011-11-08T00:00Z");

interface Line {
  readonly at: number;
  readonly code: string;
  readonly quantity: number;
}

function readLines(): { readonly byCustomer: Map<string, Line[]>; readonly names: Map<string, string> } {
  const byCustomer = new Map<string, Line[]>();
  const names = new Map<string, string>();
  const reader = createCsvRows(",", {
    row([, code = "", name = "", quantity = "", date = "", , customer = ""]) {
      if (customer === "" || !/^\d{5}/.test(code)) return;
      if (!names.has(code)) names.set(code, name.trim().toLowerCase());
      const lines = byCustomer.get(customer) ?? [];
      lines.push({ at: Date.parse(`${date.replace(" ", "T")}Z`), code, quantity: Number(quantity) });
      byCustomer.set(customer, lines);
    },
    fault: (line, reason) => process.stderr.write(`line ${line}: ${reason}\n`),
  });
  reader.write(gunzipSync(readFileSync(FILE)).toString("latin1"));
  reader.end();
  return { byCustomer, names };
}

function eventOf({ at, code, quantity }: Line): LearnedEvent {
  const products = [{ sku: code, quantity }];
  return { name: "order_completed", timestamp: at, body: "", fields: { products } } as unknown as LearnedEvent;
}

async function main(): Promise<void> {
  const { byCustomer, names } = readLines();
  const gatherer = new InteractionGatherer(CUT);
  const customerOf: number[] = [];
  const productOf: number[] = [];
  let customers = 0;
  for (const lines of byCustomer.values()) {
    if (!gatherer.addPerson(lines.filter(({ at }) => at < CUT).map(eventOf))) continue;
    for (const { at, code, quantity } of lines)
      if (at >= CUT && quantity > 0) {
        customerOf.push(customers);
        productOf.push(gatherer.productNumber(code));
      }
    customers += 1;
  }
  const gathered = gatherer.finish();
  const ids = gathered.products;
  const later = buildMatrix({
    customers,
    products: ids.length,
    customerOf: Uint32Array.from(customerOf),
    productOf: Uint32Array.from(productOf),
  });
  const crew = createTrainingCrew(2);
  const test = onlyNew(gathered.all, later);
  const compared = await compareModels({ train: gathered.all, test }, { top: 20, crew });
  process.stdout.write(
    `${customers} customers, ${ids.length} products, ${gathered.bought.entries.length} pairs bought before 2011-11-08; asked for what ${compared.asked} customers bought new after it\n\n`,
  );
  printTable([
    ["model", "Recall@20", "NDCG@20", "NDCG over popularity, 95 %", "coverage", "novelty bits"],
    ...compared.models.map(({ model, recall, ndcg, overPopularity, coverage, noveltyBits }) => [
      model,
      recall.mean.toFixed(4),
      ndcg.mean.toFixed(4),
      `${overPopularity.low.toFixed(4)} to ${overPopularity.high.toFixed(4)}`,
      `${(100 * coverage).toFixed(1)} %`,
      noveltyBits.toFixed(2),
    ]),
  ]);
  process.stdout.write(`\nbest: ${compared.best}\n`);
  const model = await trainModel(gathered, crew);
  const nameOf = (number: number): string => names.get(ids[number] ?? "") ?? "?";
  const beside = (table: NeighbourTable, number: number): string[] =>
    [...table.neighbours.subarray(number * table.width, number * table.width + 5)].flatMap((other, place) =>
      other === NO_PRODUCT
        ? []
        : [`${nameOf(other)} (by ${table.counts?.[number * table.width + place] ?? 0} customers)`],
    );
  process.stdout.write("\nBought together\n");
  const popular = [...model.popular];
  const shown = [0, 40, 200, 500, 1_000].flatMap((place) => popular[place] ?? []);
  const lists = shown.map((number) => ({ product: nameOf(number), boughtWith: beside(model.bought, number) }));
  for (const { product, boughtWith } of lists)
    process.stdout.write(`\n  ${product}\n${boughtWith.map((each) => `    ${each}\n`).join("")}`);
  process.stdout.write(`\nBought by most: ${popular.slice(0, 5).map(nameOf).join("; ")}\n`);
  process.stdout.write(`\n${keepResults("recommend-retail", { compared, lists })}\n`);
}

if (existsSync(FILE)) await main();
else process.stdout.write(`There is no ${FILE}: set VIF_TEST_DATA.\n`);
