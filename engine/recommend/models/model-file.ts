/**
 * A learned model as one file: a line of JSON that says what is where, then the arrays as they lie in memory. It is written
 * beside and put in place by its name, so that a file that is there is whole; one of another form is no model.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import type { SimilarForm } from "../training/similar-forms.ts";
import type { TrainedModel } from "../training/train-model.ts";
import type { NeighbourTable } from "./neighbour-table.ts";

/** In the folder of recommendations. */
export const MODEL_FILE = "model.bin";
const FORMAT = "vif-recommendations 1";
const TABLES = ["bought", "viewed", "similar"] as const;

interface Head {
  readonly format: string;
  readonly version: string;
  readonly products: readonly string[];
  readonly tables: Readonly<Record<(typeof TABLES)[number], { readonly width: number; readonly counts: boolean }>>;
  readonly popular: number;
  readonly trending: number;
  /** Absent from files of before there was a choice. */
  readonly similarBy?: SimilarForm;
}

export function writeModelFile(path: string, model: TrainedModel): void {
  const { version, products, popular, trending, similarBy } = model;
  const shapeOf = ({ width, counts }: NeighbourTable): Head["tables"]["bought"] => ({
    width,
    counts: counts !== undefined,
  });
  const head: Head = {
    format: FORMAT,
    version,
    products,
    tables: { bought: shapeOf(model.bought), viewed: shapeOf(model.viewed), similar: shapeOf(model.similar) },
    popular: popular.length,
    trending: trending.length,
    similarBy,
  };
  const temporary = `${path}.${process.pid}.part`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeAll(file, Buffer.from(`${JSON.stringify(head)}\n`));
    for (const name of TABLES) {
      const { neighbours, similarities, counts } = model[name];
      for (const array of [neighbours, similarities, counts]) if (array !== undefined) writeAll(file, bytesOf(array));
    }
    writeAll(file, bytesOf(popular));
    writeAll(file, bytesOf(trending));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/** In memory that threads share; undefined where there is no model, or one of another version of this program. */
export function readModelFile(path: string): TrainedModel | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const end = bytes.indexOf(10);
  const head = JSON.parse(bytes.toString("utf8", 0, end)) as Head;
  if (head.format !== FORMAT) return undefined;
  let at = end + 1;
  const take = (numbers: number): SharedArrayBuffer => {
    const shared = new SharedArrayBuffer(4 * numbers);
    new Uint8Array(shared).set(bytes.subarray(at, at + 4 * numbers));
    at += 4 * numbers;
    return shared;
  };
  const products = head.products.length;
  const table = (name: (typeof TABLES)[number]): NeighbourTable => {
    const { width, counts } = head.tables[name];
    const neighbours = new Uint32Array(take(products * width));
    const similarities = new Float32Array(take(products * width));
    const plain = { products, width, neighbours, similarities };
    return counts ? { ...plain, counts: new Uint32Array(take(products * width)) } : plain;
  };
  return {
    version: head.version,
    similarBy: head.similarBy ?? "degrees",
    products: head.products,
    bought: table("bought"),
    viewed: table("viewed"),
    similar: table("similar"),
    popular: new Uint32Array(take(head.popular)),
    trending: new Uint32Array(take(head.trending)),
  };
}

function bytesOf(array: Uint32Array | Float32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
