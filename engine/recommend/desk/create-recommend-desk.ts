/**
 * A node's side of recommendations, on its main thread: the catalogue and the model, as the store has them for all nodes and
 * this one keeps them on disk, and what every worker is told of both. A change is durable in the store and told to all workers
 * before it is acknowledged; other nodes have it at their next look, some times a second. A model file that is replaced, by a
 * training in this node or by the `vif` command, is taken at the next look, swapped in all workers at once, and goes to all
 * nodes.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { productsLookMs, productsMax } from "../../limits-of-recommending.ts";
import { StoreUnavailable } from "../../model/errors.ts";
import type { Products } from "../../store/port.ts";
import { CATALOGUE_FILE, readCatalogueFile } from "../catalogue/catalogue-file.ts";
import { Catalogue } from "../catalogue/catalogue.ts";
import type { ChangeOutcome, ProductChange } from "../catalogue/catalogue.ts";
import type { LearnedModel } from "../models/learned-model.ts";
import { renumber } from "../models/renumber.ts";
import { MODEL_FILE, readModelFile } from "../models/model-file.ts";
import type { ToFloor } from "../serving/floor.ts";
import { createLiveTogether } from "../serving/live-together.ts";
import { createCatalogueCopy } from "./catalogue-copy.ts";
import { createCatalogueFollower } from "./follow-catalogue.ts";
import { createModelShare } from "./share-model.ts";

export interface RecommendDesk {
  readonly catalogue: Catalogue;
  /** Everything that a worker which has just started has to know. */
  snapshot(): readonly ToFloor[];
  /** Durable, and told to all workers of this node, when it resolves. Rejects with StoreUnavailable. */
  apply(changes: readonly ProductChange[]): Promise<readonly ChangeOutcome[]>;
  /** From now on it looks for what others change: once the node stands, whose start may keep its thread for long. */
  follow(): void;
  close(): Promise<void>;
}

export interface RecommendDeskOptions {
  /** Of the node; files are kept in a folder of its own in it. */
  readonly dataDir: string;
  readonly products: Products;
  readonly tell: (message: ToFloor) => void;
  readonly onNote: (note: string) => void;
  readonly productsMax?: number;
}

export const RECOMMEND_FOLDER = "recommend";

/** Begins with what the store knows; while that is away, with this node's copy. */
export async function createRecommendDesk({
  dataDir,
  products,
  tell,
  onNote,
  productsMax: most = productsMax,
}: RecommendDeskOptions): Promise<RecommendDesk> {
  const folder = join(dataDir, RECOMMEND_FOLDER);
  const path = join(folder, CATALOGUE_FILE);
  const modelPath = join(folder, MODEL_FILE);
  const shown = new Uint8Array(new SharedArrayBuffer(most));
  const live = createLiveTogether(most);
  const catalogue = new Catalogue(shown);
  const { unreadable, upTo } = readCatalogueFile(path, catalogue);
  // The last line of a killed process may be torn: the store has it.
  if (unreadable > 1) onNote(`recommendations: ${unreadable} lines of ${path} cannot be read and are passed over`);
  const copy = createCatalogueCopy(path, catalogue);
  const follower = createCatalogueFollower({
    products,
    catalogue,
    upTo,
    onChanges(changes, followed) {
      copy.append(changes, followed);
      tellNumbers();
      tell({ is: "changes", changes });
    },
    onNote,
  });
  const share = createModelShare(modelPath, products);
  let model: LearnedModel | undefined;
  let modelSeen = 0;
  let fileVersion: string | undefined;
  let numbersTold = 0;
  let isAway = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  loadModel();
  await look();
  let looking: Promise<void> = Promise.resolve();

  function lookOn(): void {
    if (isClosed) return;
    looking = look().then(() => {
      timer = setTimeout(lookOn, productsLookMs);
      timer.unref();
    });
  }

  async function look(): Promise<void> {
    try {
      await follower.look();
      await lookAtModel();
      isAway = false;
    } catch (error) {
      if (isClosed || isAway) return;
      // That the store is away is told by its alarm; anything else is told once, and tried again.
      isAway = true;
      if (!(error instanceof StoreUnavailable))
        onNote(
          `recommendations: what nodes share cannot be kept: ${error instanceof Error ? error.message : String(error)}`,
        );
    }
  }

  async function lookAtModel(): Promise<void> {
    loadModel();
    if (await share.look(fileVersion)) loadModel();
  }

  function loadModel(): void {
    const changed = statSync(modelPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === modelSeen) return;
    modelSeen = changed;
    try {
      fileVersion = undefined;
      const read = readModelFile(modelPath);
      fileVersion = read?.version;
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

  return {
    catalogue,
    snapshot() {
      const all = [...catalogue.all()];
      numbersTold = catalogue.size;
      return [
        { is: "shared", shown, live },
        { is: "numbers", ids: idsFrom(catalogue, 0) },
        { is: "changes", changes: all.map((product) => ({ is: "put", product }) as const) },
        ...(model === undefined ? [] : [{ is: "model", model } as const]),
      ];
    },
    apply: (changes) => follower.apply(changes),
    follow: lookOn,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await looking;
      clearTimeout(timer);
      copy.close();
    },
  };
}

function idsFrom(catalogue: Catalogue, from: number): readonly string[] {
  return Array.from({ length: catalogue.size - from }, (_, at) => catalogue.idOf(from + at) ?? "");
}
