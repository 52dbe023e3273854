import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InteractionGatherer } from "../interactions/gather-interactions.ts";
import { createTrainingCrew } from "../training/create-training-crew.ts";
import type { TrainedModel } from "../training/train-model.ts";
import { trainModel } from "../training/train-model.ts";
import { readModelFile, writeModelFile } from "./model-file.ts";
import { NO_PRODUCT } from "./neighbour-table.ts";
import { renumber } from "./renumber.ts";

const folder = mkdtempSync(join(tmpdir(), "vif-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Who buys a b, a c, and everybody a; one customer of a hundred thousand purchases. */
async function trained(): Promise<TrainedModel> {
  const gatherer = new InteractionGatherer(0);
  const order = (...ids: string[]) =>
    ({ name: "order_completed", timestamp: 0, body: "", fields: { products: ids.map((id) => ({ id })) } }) as never;
  for (let customer = 0; customer < 40; customer += 1) gatherer.addPerson([order("a", customer % 4 === 0 ? "c" : "b")]);
  gatherer.addPerson([order(...Array.from({ length: 100_000 }, (_, at) => `p${at % 3_000}`))]);
  return trainModel(gatherer.finish(), createTrainingCrew(2));
}

describe("a model", () => {
  it("is the same after it was written and read, and each time it is trained", async () => {
    const model = await trained();
    const path = join(folder, "model.bin");
    writeModelFile(path, model);
    expect(readdirSync(folder)).toEqual(["model.bin"]);
    expect(readModelFile(path)).toEqual(model);
    expect((await trained()).version).toBe(model.version);
    expect(readModelFile(join(folder, "none.bin"))).toBeUndefined();
    writeFileSync(path, '{"format": "another"}\n');
    expect(readModelFile(path)).toBeUndefined();
    // Threads that train stand back: on a busy machine they take their time.
  }, 60_000);

  it("tells what is bought with what, by how many, in the catalogue's own numbers", async () => {
    const model = await trained();
    const numbers = new Map([
      ["c", 0],
      ["b", 1],
      ["a", 2],
    ]);
    const { bought, popular } = renumber(model, (id) => numbers.get(id));
    const row = (product: number) =>
      [...bought.neighbours.subarray(product * bought.width, (product + 1) * bought.width)].filter(
        (other) => other !== NO_PRODUCT,
      );
    expect(row(2)).toEqual([1, 0]);
    expect([...(bought.counts ?? [])].slice(2 * bought.width, 2 * bought.width + 2)).toEqual([30, 10]);
    expect(row(0)).toEqual([2]);
    expect([...popular]).toEqual([2, 1, 0]);
  });
});
