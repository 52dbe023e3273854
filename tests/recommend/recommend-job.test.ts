/** The long jobs of recommendations over a real history: what is learned, by which model it is served, and what is kept. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { embeddedHistoryOf } from "../../engine/backtest/backtest-fixtures.ts";
import type { History } from "../../engine/history/port.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import type { JournalRecord } from "../../engine/model/record.ts";
import { createEvent, DAY_MS } from "../../engine/profile/profile-fixtures.ts";
import { runRecommendJob } from "../../engine/recommend/desk/recommend-job.ts";
import type { JobAnswer, RecommendJob } from "../../engine/recommend/desk/recommend-job.ts";
import { createDraw } from "../../engine/recommend/evaluation/draw.ts";
import { readModelFile } from "../../engine/recommend/models/model-file.ts";
import { NO_PRODUCT } from "../../engine/recommend/models/neighbour-table.ts";
import { createTrainingCrew } from "../../engine/recommend/training/create-training-crew.ts";
import { createTestFolder } from "../support/test-folder.ts";

const FIRST_DAY = 15_000;
const AT = (FIRST_DAY + 60) * DAY_MS;

/** @param baskets by person: what was bought on some days, by the number of the day */
function ordersOf(baskets: readonly (readonly (readonly [day: number, products: readonly string[]])[])[]) {
  return baskets.flatMap((orders, person) =>
    orders.map(([day, products], index): JournalRecord => {
      const fields = { products: products.map((id) => ({ product_id: id, quantity: 1 })) };
      const event = createEvent(`o${person}-${index}`, (FIRST_DAY + day) * DAY_MS, { name: "order_completed", fields });
      const profile = `00101990${String(person).padStart(16, "0")}` as ProfileId;
      return { kind: "event", profile, creates: false, event };
    }),
  );
}

async function run(history: History, job: RecommendJob & { readonly at?: number }, folder: string): Promise<JobAnswer> {
  const crew = createTrainingCrew(1);
  const at = job.at ?? AT;
  const around = { history, folder, at, crew, onProgress: () => undefined, writeParquet: async () => undefined };
  return await runRecommendJob(job, around);
}

/** Neighbours of any product in the table by which histories are served. */
function neighboursIn(folder: string): number {
  const model = readModelFile(join(folder, "model.bin"));
  return model?.similar.neighbours.filter((neighbour) => neighbour !== NO_PRODUCT).length ?? 0;
}

const random = createDraw(5);
const some = (from: number, count: number, named: (product: number) => string): readonly string[] =>
  Array.from({ length: count }, () => named(Math.floor(random() * from)));

it("a model is served by what was best for what the brand's own customers did later, and not by chance", async () => {
  // Tastes of their own: what goes with one's history says all.
  const tastes = Array.from({ length: 300 }, (_, person) => {
    const mine = (product: number): string => `g${person % 12}-${product}`;
    return [[1, some(10, 4, mine)] as const, [50, some(10, 2, mine)] as const];
  });
  // No tastes: whatever somebody has, sooner or later they buy the two hits.
  const crowd = Array.from({ length: 300 }, (_, person) => {
    const any = some(80, 4, (product) => `p${product}`);
    return [[1, person % 4 === 0 ? [...any, "hit-1", "hit-2"] : any] as const, [50, ["hit-1", "hit-2"]] as const];
  });
  for (const [name, baskets, wanted] of [
    ["tastes", tastes, /degrees|cosine/],
    ["crowd", crowd, /popularity/],
    ["few", crowd.slice(0, 40), /degrees/],
  ] as const) {
    const folder = createTestFolder(`learned-${name}`);
    const history = await embeddedHistoryOf([ordersOf(baskets)]);
    const trained = await run(history, { job: "train" }, folder);
    expect(trained, name).toMatchObject({
      job: "train",
      kept: false,
      similarBy: expect.stringMatching(wanted) as string,
    });
    expect(readModelFile(join(folder, "model.bin"))?.similarBy).toMatch(wanted);
    expect(neighboursIn(folder) === 0, name).toBe(name === "crowd");
    const judged = await run(history, { job: "evaluate", top: 5 }, folder);
    expect(judged).toMatchObject({ serve: expect.stringMatching(wanted) as string });
    await history.close();
  }
}, 120_000);

it("an empty history leaves what was learned in place", async () => {
  const folder = createTestFolder("learned-kept");
  const full = await embeddedHistoryOf([ordersOf([[[1, ["a", "b"]]], [[1, ["a", "b"]]]])]);
  const { version } = (await run(full, { job: "train" }, folder)) as Extract<JobAnswer, { job: "train" }>;
  await full.close();
  const empty = await embeddedHistoryOf([[]]);
  expect(await run(empty, { job: "train" }, folder)).toMatchObject({ version, kept: true });
  expect(readModelFile(join(folder, "model.bin"))?.version).toBe(version);
  await empty.close();
}, 60_000);

it("lists for all name nothing that is sold out, hidden or not in the catalogue", async () => {
  const folder = createTestFolder("lists-shown");
  const history = await embeddedHistoryOf([
    ordersOf([[[1, ["a", "sold", "gone", "hidden", "b"]]], [[1, ["a"]]], [[1, ["b", "a"]]]]),
  ]);
  const out = join(folder, "lists.ndjson");
  const listed = async (): Promise<readonly string[]> => {
    await run(history, { job: "all", top: 5, out, format: "ndjson" }, folder);
    const rows = readFileSync(out, "utf8").trim().split("\n");
    return [...new Set(rows.map((row) => (JSON.parse(row) as { product: string }).product))].sort();
  };
  expect(await listed()).toEqual(["b", "gone", "hidden", "sold"]);
  mkdirSync(folder, { recursive: true });
  const product = (id: string, more: object = {}) => ({ put: { id, title: `title of ${id}`, price: 10, ...more } });
  const lines = [product("a"), product("b"), product("sold", { stock: 3 }), product("hidden", { hidden: true })];
  const changes = [...lines, { stock: "sold", pieces: 0 }];
  writeFileSync(join(folder, "catalogue.ndjson"), changes.map((line) => `${JSON.stringify(line)}\n`).join(""));
  expect(await listed()).toEqual(["b"]);
  expect(JSON.parse(readFileSync(out, "utf8").split("\n")[0] ?? "")).toMatchObject({
    product: "b",
    title: "title of b",
  });
  await history.close();
}, 60_000);

it("lists of a past that ended years ago have scores, and what stands for its popularity has none", async () => {
  const folder = createTestFolder("lists-of-old");
  const history = await embeddedHistoryOf([
    ordersOf([[[1, ["a", "b"]]], [[1, ["a", "b", "c"]]], [[1, ["a"]]], [[50, ["x", "y"]]]]),
  ]);
  const out = join(folder, "lists.ndjson");
  await run(history, { job: "all", top: 5, out, format: "ndjson", at: AT + 20_000 * DAY_MS }, folder);
  const rows = readFileSync(out, "utf8").trim().split("\n");
  const scored = rows.map((row) => JSON.parse(row) as { product: string; score: number });
  expect(scored.some(({ score }) => score > 1e-3)).toBe(true);
  expect(scored.some(({ score }) => score === 0)).toBe(true);
  await history.close();
}, 60_000);
