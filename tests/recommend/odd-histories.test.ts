/**
 * What histories of shops are like that no textbook has: one customer with a hundred thousand purchases, a product that all
 * have, programs, returns, products that the catalogue does not know. All of it is learned from, told, and no list is empty.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedHistoryOf } from "../../engine/backtest/backtest-fixtures.ts";
import type { History } from "../../engine/history/port.ts";
import type { JsonObject } from "../../engine/model/event.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import type { JournalRecord } from "../../engine/model/record.ts";
import { createEvent, DAY_MS } from "../../engine/profile/profile-fixtures.ts";
import { runRecommendJob } from "../../engine/recommend/desk/recommend-job.ts";
import type { JobAnswer, RecommendJob } from "../../engine/recommend/desk/recommend-job.ts";
import { readModelFile } from "../../engine/recommend/models/model-file.ts";
import { createTrainingCrew } from "../../engine/recommend/training/create-training-crew.ts";
import { renderJobAnswer } from "../../engine/cli/recommend-text.ts";
import { createTestFolder } from "../support/test-folder.ts";

const AT = 15_060 * DAY_MS;
const CROWD = 2_100;
const TASTES = 20;
const GIANT_PURCHASES = 100_000;

let count = 0;
function did(person: number, name: string, fields: JsonObject, agent?: string): JournalRecord {
  const profile = `00101990${String(person).padStart(16, "0")}` as ProfileId;
  const event = createEvent(`e${(count += 1)}`, AT - DAY_MS, { name, fields });
  const body = agent === undefined ? event.body : JSON.stringify({ context: { userAgent: agent }, fields });
  return { kind: "event", profile, creates: false, event: { ...event, body } };
}
const productsOf = (...ids: readonly string[]): JsonObject => ({ products: ids.map((id) => ({ product_id: id })) });
const bought = (person: number, ...ids: readonly string[]): JournalRecord =>
  did(person, "order_completed", productsOf(...ids));

function oddHistory(): readonly JournalRecord[] {
  const [giant, program, returner] = [CROWD, CROWD + 1, CROWD + 2];
  // Everybody has the bag; what goes together else is told by taste. Half of the pair is what each has yet to buy.
  const crowd = Array.from({ length: CROWD }, (_, person) => {
    const taste = person % TASTES;
    return person % 7 === 0
      ? bought(person, "bag", `coat-${taste}`)
      : bought(person, "bag", `coat-${taste}`, `hat-${taste}`);
  });
  const baskets = Array.from({ length: GIANT_PURCHASES / 500 }, (_, order) =>
    bought(giant, ...Array.from({ length: 500 }, (_, at) => `part-${order * 500 + at}`)),
  );
  const crawl = did(program, "product_viewed", { product_id: "bag" }, "Mozilla/5.0 (compatible; Bingbot/2.0)");
  const sentBack = [bought(returner, "coat-1", "hat-2"), did(returner, "order_refunded", productsOf("hat-2"))];
  return [...crowd, ...baskets, crawl, ...sentBack];
}

describe("an odd history", () => {
  let history: History;
  const folder = createTestFolder("odd-history");
  const out = join(folder, "lists.ndjson");
  beforeAll(async () => {
    history = await embeddedHistoryOf([oddHistory()]);
  }, 120_000);
  afterAll(() => history?.close());

  async function run(job: RecommendJob): Promise<JobAnswer> {
    const crew = createTrainingCrew(2);
    const writeParquet = () => Promise.reject(new Error("no Parquet is asked for"));
    return await runRecommendJob(job, { history, folder, at: AT, crew, onProgress: () => undefined, writeParquet });
  }

  function inCatalogue(...products: readonly JsonObject[]): void {
    const lines = products.map((product) => `${JSON.stringify({ put: { title: "A product", ...product } })}\n`);
    writeFileSync(join(folder, "catalogue.ndjson"), lines.join(""));
  }
  const pairs = Array.from({ length: TASTES }, (_, taste) => [{ id: `coat-${taste}` }, { id: `hat-${taste}` }]).flat();

  it("is learned from, and each oddity told with its number and in words", async () => {
    const answer = await run({ job: "train" });
    expect(answer).toMatchObject({
      customers: CROWD + 2,
      products: 1 + 2 * TASTES + GIANT_PURCHASES,
      programs: 1,
      returned: 1,
      largeCustomers: 1,
      crowdedProducts: 1,
      catalogue: 0,
    });
    const words = renderJobAnswer(answer, { bold: (text: string) => text } as never);
    for (const told of [
      "1 visitor was left out",
      "1 purchase was sent back",
      "1 customer has more than 128 products",
      "1 product is of more than 2,000 customers",
      "The catalogue is empty",
    ])
      expect(words).toContain(told);
    const model = readModelFile(join(folder, "model.bin"));
    if (model === undefined) throw new Error("no model was written");
    // Neither the one who has everything nor what all have comes before what goes together.
    for (let taste = 0; taste < TASTES; taste += 1) {
      const coat = model.products.indexOf(`coat-${taste}`);
      for (const { neighbours, width } of [model.bought, model.similar])
        expect(model.products[neighbours[coat * width] as number]).toBe(`hat-${taste}`);
    }
  }, 120_000);

  it("has neighbours only in the range: what the brand no longer sells takes no place", async () => {
    inCatalogue({ id: "bag" }, ...pairs.filter(({ id }) => id !== "hat-3"));
    expect(await run({ job: "train" })).toMatchObject({ catalogue: 2 * TASTES, unknownProducts: GIANT_PURCHASES + 1 });
    const model = readModelFile(join(folder, "model.bin"));
    const named = new Set(Array.from(model?.bought.neighbours ?? [], (other) => model?.products[other]));
    expect(named.has("bag")).toBe(true);
    expect(named.has("hat-3")).toBe(false);
    expect([...named].filter((id) => id?.startsWith("part-"))).toEqual([]);
  }, 120_000);

  it("gives everybody a full list: what goes with what they have, then what most buy, then the rest of the range", async () => {
    inCatalogue({ id: "bag", stock: 0 }, ...pairs, { id: "nobody-has-it" });
    const answer = await run({ job: "all", top: 41, out, format: "ndjson" });
    interface Row {
      readonly customer: string;
      readonly rank: number;
      readonly product: string;
    }
    const rows = readFileSync(out, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Row);
    expect(answer).toMatchObject({ job: "all", rows: rows.length, customers: CROWD + 2 });
    const of = (person: number) => rows.filter(({ customer }) => customer.endsWith(String(person).padStart(16, "0")));
    // Person 7 has a coat without its hat.
    expect(of(7)[0]?.product).toBe("hat-7");
    for (const person of [7, 8, CROWD, CROWD + 2]) {
      const mine = of(person).map(({ product }) => product);
      expect(new Set(mine).size).toBe(mine.length);
      expect(mine).toContain("nobody-has-it");
      expect(mine).not.toContain("bag");
    }
    expect(of(CROWD)).toHaveLength(41);
  }, 120_000);

  it("is judged in words where nobody can be asked, and lists that cannot be written are refused before any work", async () => {
    const judged = await run({ job: "evaluate", top: 5 });
    expect(judged).toMatchObject({ job: "evaluate", asked: 0 });
    expect(renderJobAnswer(judged, { bold: (text: string) => text } as never)).toContain("There is nobody to ask");
    const nowhere = join(folder, "no", "lists.csv");
    await expect(run({ job: "all", top: 5, out: nowhere, format: "csv" })).rejects.toThrow(
      `${nowhere} cannot be written (ENOENT).`,
    );
  }, 120_000);
});
