/**
 * Recommendations: the top 10 for every one of 1,000,000 customers from 5 x 10^6, 10^7 and 10^8 purchases of 50,000 products, on
 * two threads; how much of the exact, uncapped answer that gives; and the same by DuckDB's SQL on the smallest.
 *
 * Estimate before the first run: 10^7 x 10 pairs to count and 10^7 x 20 neighbours to add, at 2 ns each on two threads:
 * 0.3 s, and with sorting and memory some 2 s; 10^8 with caps ten times that.
 *
 *     BENCH_PURCHASES=100_000_000 npm run bench -- recommend
 */
import { DuckDBInstance } from "@duckdb/node-api";
import { capBaskets, transposeSampled } from "../engine/recommend/interactions/cap-matrix.ts";
import { inSharedMemory, rowOf, transpose } from "../engine/recommend/interactions/interaction-matrix.ts";
import type { InteractionMatrix } from "../engine/recommend/interactions/interaction-matrix.ts";
import { CoOccurrence } from "../engine/recommend/models/co-occurrence.ts";
import { createLists } from "../engine/recommend/models/customer-lists.ts";
import type { CustomerLists } from "../engine/recommend/models/customer-lists.ts";
import { createTable } from "../engine/recommend/models/neighbour-table.ts";
import { countCustomers } from "../engine/recommend/models/popularity.ts";
import { COSINE, scalesOf } from "../engine/recommend/models/similarity.ts";
import { TopProducts } from "../engine/recommend/models/top-products.ts";
import { createTrainingCrew } from "../engine/recommend/training/create-training-crew.ts";
import { generatePurchases, PRODUCTS } from "./generated-purchases.ts";
import { keepResults, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const CUSTOMERS = 1_000_000;
const TOP = 10;
const WIDTH = 30;
const LARGEST = sizeOf("BENCH_PURCHASES", 100_000_000);
const FORMULA = { ...COSINE, shrinkage: 10 };
const crew = createTrainingCrew(2);

/** By how much a large basket and a giant product are cut: at 10^8 a customer has 100 products. */
const capsOf = (purchases: number): readonly [basket: number, purchasers: number] =>
  purchases > 20_000_000 ? [48, 600] : [128, 4_000];

async function listsFor(matrix: InteractionMatrix, purchases: number): Promise<CustomerLists> {
  const [basket, purchasers] = capsOf(purchases);
  const capped = capBaskets(matrix, basket);
  const source = { matrix: capped, byProduct: transposeSampled(capped, purchasers), scales: scalesOf(matrix, FORMULA) };
  const table = createTable(PRODUCTS, WIDTH, inSharedMemory);
  await crew.run({ is: "neighbours", table, source });
  const counts = countCustomers(matrix);
  const popular = Uint32Array.from(counts.keys()).sort((a, b) => (counts[b] as number) - (counts[a] as number));
  const lists = createLists(CUSTOMERS, TOP, inSharedMemory);
  const shown = new Uint8Array(inSharedMemory(PRODUCTS)).fill(1);
  await crew.run({ is: "lists", lists, source: { matrix, table, shown, popular } });
  return lists;
}

/** The part of the exact lists of some customers that the fast lists have. */
function overlap(matrix: InteractionMatrix, lists: CustomerLists): number {
  const byProduct = transpose(matrix);
  const { customer: scale, source, target, shrinkage } = scalesOf(matrix, FORMULA);
  const rows = new CoOccurrence(matrix, byProduct, scale);
  const scores = new Float32Array(PRODUCTS);
  const best = new TopProducts(TOP);
  let shared = 0;
  let all = 0;
  for (let customer = 500; customer < CUSTOMERS; customer += 10_000) {
    const history = rowOf(matrix, customer);
    scores.fill(0);
    for (const product of history) {
      rows.gather(product);
      for (let at = 0; at < rows.count; at += 1) {
        const other = rows.touched[at] as number;
        const size = (source[product] as number) * (target[other] as number) + shrinkage;
        scores[other] = (scores[other] as number) + (rows.sums[other] as number) / size;
      }
      rows.clear();
    }
    for (const product of history) scores[product] = 0;
    best.clear();
    scores.forEach((score, product) => {
      if (score > 0) best.offer(product, score);
    });
    const exact = new Set(best.products.subarray(0, best.length));
    const fast = lists.products.subarray(customer * TOP, (customer + 1) * TOP);
    shared += fast.filter((product) => exact.has(product)).length;
    all += exact.size;
  }
  return shared / all;
}

/** The same job as one would write it in SQL, without any cap. */
async function bySql(matrix: InteractionMatrix): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run("set threads = 2; create table bought (c integer, p integer)");
  const appender = await connection.createAppender("bought");
  for (let customer = 0; customer < matrix.customers; customer += 1)
    for (const product of rowOf(matrix, customer)) {
      appender.appendInteger(customer);
      appender.appendInteger(product);
      appender.endRow();
    }
  appender.closeSync();
  const started = performance.now();
  await connection.run(`
    create table degrees as select p, count(*)::float as d from bought group by p;
    create table pairs as select a.p as i, b.p as j, count(*)::float as s from bought a join bought b on a.c = b.c and a.p <> b.p group by 1, 2;
    create table near as select i, j, s / (sqrt(x.d * y.d) + 10) as sim from pairs join degrees x on x.p = i join degrees y on y.p = j
      qualify row_number() over (partition by i order by sim desc) <= ${WIDTH};
    create table lists as select c, j, sum(sim) as score from bought join near on i = p
      where not exists (select 1 from bought had where had.c = bought.c and had.p = j)
      group by c, j qualify row_number() over (partition by c order by score desc) <= ${TOP};`);
  const seconds = (performance.now() - started) / 1000;
  connection.closeSync();
  instance.closeSync();
  return seconds;
}

const rows: string[][] = [
  [
    "purchases",
    "kept",
    "seconds",
    "grows by the power of",
    "CPU s, all threads",
    "overlap with exact",
    "resident MB",
    "DuckDB SQL",
  ],
];
const figures: { readonly purchases: number; readonly seconds: number; readonly [figure: string]: unknown }[] = [];
for (const purchases of [5_000_000, 10_000_000, 100_000_000].filter((each) => each <= LARGEST)) {
  const matrix = generatePurchases(CUSTOMERS, purchases);
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  const lists = await listsFor(matrix, purchases);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const residentMb = Math.round(process.memoryUsage.rss() / 1e6);
  const shared = purchases <= 10_000_000 ? overlap(matrix, lists) : undefined;
  const sqlSeconds = purchases <= 5_000_000 ? await bySql(matrix) : undefined;
  // 1: twice the purchases take twice the time.
  const before = figures.at(-1);
  const exponent =
    before === undefined ? undefined : Math.log(seconds / before.seconds) / Math.log(purchases / before.purchases);
  figures.push({
    exponent,
    purchases,
    kept: matrix.entries.length,
    seconds,
    cpuSeconds,
    residentMb,
    overlap: shared,
    sqlSeconds,
  });
  rows.push([
    purchases.toExponential(0),
    String(matrix.entries.length),
    seconds.toFixed(1),
    exponent?.toFixed(2) ?? "-",
    cpuSeconds.toFixed(1),
    shared?.toFixed(3) ?? "-",
    String(residentMb),
    sqlSeconds === undefined ? "-" : `${sqlSeconds.toFixed(1)} s`,
  ]);
}
process.stdout.write(`Top ${TOP} for each of ${CUSTOMERS} customers, two threads\n\n`);
printTable(rows);
process.stdout.write(`\n${keepResults("recommend", { figures })}\n`);
