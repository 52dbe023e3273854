/**
 * A node's side of recommendations, on its main thread: the catalogue as it is kept on disk, the model in force, and what
 * every worker is told of both. Changes are on disk before they are acknowledged: a line each is appended and flushed; a
 * start folds them and writes the catalogue anew. A model file that is replaced, by a training in this node or by the `vif`
 * command, is taken within a second and swapped in all workers at once.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { productsMax } from "../../limits-of-recommending.ts";
import { CATALOGUE_FILE, readCatalogueFile, writtenChange } from "../catalogue/catalogue-file.ts";
import { Catalogue } from "../catalogue/catalogue.ts";
import type { ChangeOutcome, ProductChange } from "../catalogue/catalogue.ts";
import { productJson } from "../catalogue/product.ts";
import type { LearnedModel } from "../models/learned-model.ts";
import { renumber } from "../models/renumber.ts";
import { MODEL_FILE, readModelFile } from "../models/model-file.ts";
import type { ToFloor } from "../serving/floor.ts";
import { createLiveTogether } from "../serving/live-together.ts";

export interface RecommendDesk {
  readonly catalogue: Catalogue;
  /** Everything that a worker which has just started has to know. */
  snapshot(): readonly ToFloor[];
  /** On disk, and told to all workers, when it returns. */
  apply(changes: readonly ProductChange[]): readonly ChangeOutcome[];
  close(): void;
}

export interface RecommendDeskOptions {
  /** Of the node; files are kept in a folder of its own in it. */
  readonly dataDir: string;
  readonly tell: (message: ToFloor) => void;
  readonly onNote: (note: string) => void;
  readonly productsMax?: number;
}

export const RECOMMEND_FOLDER = "recommend";
const LOOK_MS = 500;

export function createRecommendDesk({
  dataDir,
  tell,
  onNote,
  productsMax: most = productsMax,
}: RecommendDeskOptions): RecommendDesk {
  const folder = join(dataDir, RECOMMEND_FOLDER);
  const path = join(folder, CATALOGUE_FILE);
  const modelPath = join(folder, MODEL_FILE);
  const shown = new Uint8Array(new SharedArrayBuffer(most));
  const live = createLiveTogether(most);
  const catalogue = new Catalogue(shown);
  const unreadable = readCatalogueFile(path, catalogue);
  // The last line of a killed process may be torn: it was not acknowledged.
  if (unreadable > 1) onNote(`recommendations: ${unreadable} lines of ${path} cannot be read and are passed over`);
  let log: number | undefined;
  let model: LearnedModel | undefined;
  let modelSeen = 0;
  let numbersTold = 0;
  loadModel();
  const timer = setInterval(loadModel, LOOK_MS);
  timer.unref();

  function loadModel(): void {
    const changed = statSync(modelPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === modelSeen) return;
    modelSeen = changed;
    try {
      const read = readModelFile(modelPath);
      if (read === undefined) return;
      model = renumber(read, (id) => catalogue.numberFor(id));
      tellNumbers();
      tell({ is: "model", model });
    } catch (error) {
      onNote(`recommendations: the model cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Numbers are given in one order everywhere: whoever is told of a change must know those given before. */
  function tellNumbers(): void {
    if (numbersTold === catalogue.size) return;
    tell({ is: "numbers", ids: idsFrom(catalogue, numbersTold) });
    numbersTold = catalogue.size;
  }

  function openLog(): number {
    if (log !== undefined) return log;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // As it stands now, without what later changes have made void.
    const lines = [...catalogue.all()].map((product) => `${JSON.stringify({ put: productJson(product) })}\n`);
    writeFileSync(`${path}.part`, lines.join(""), { mode: 0o600 });
    renameSync(`${path}.part`, path);
    log = openSync(path, "a");
    return log;
  }

  return {
    catalogue,
    snapshot() {
      const products = [...catalogue.all()];
      numbersTold = catalogue.size;
      return [
        { is: "shared", shown, live },
        { is: "numbers", ids: idsFrom(catalogue, 0) },
        { is: "changes", changes: products.map((product) => ({ is: "put", product }) as const) },
        ...(model === undefined ? [] : [{ is: "model", model } as const]),
      ];
    },
    apply(changes) {
      const file = openLog();
      writeSync(file, changes.map((change) => `${JSON.stringify(writtenChange(change))}\n`).join(""));
      fsyncSync(file);
      const outcomes = changes.map((change) => catalogue.apply(change));
      tellNumbers();
      tell({ is: "changes", changes });
      return outcomes;
    },
    close() {
      clearInterval(timer);
      if (log !== undefined) closeSync(log);
      log = undefined;
    },
  };
}

function idsFrom(catalogue: Catalogue, from: number): readonly string[] {
  return Array.from({ length: catalogue.size - from }, (_, at) => catalogue.idOf(from + at) ?? "");
}
