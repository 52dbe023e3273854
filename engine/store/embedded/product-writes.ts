/** What asks about the brand's products do inside the state's transaction. */
import {
  modelKey,
  modelPieceKey,
  modelPiecesRange,
  productHeadKey,
  productKey,
  productLineKey,
  versionOfPieceKey,
} from "./key-layout.ts";
import type { WriteTree } from "./lmdb-tree.ts";
import type { StateAsks } from "./state-asks.ts";
import { decodeProductHead, encodeModel, encodeProductChange, encodeProductHead } from "./value-layout.ts";

export function commitProducts(tree: WriteTree, { changes, line: named }: StateAsks["putProducts"]["ask"]): number {
  const { last: before, line = named } = decodeProductHead(tree.get(productHeadKey()));
  let last = before;
  for (const change of changes) {
    const key = productKey(change.key);
    const replaced = tree.leadingDouble(key);
    if (replaced !== undefined) tree.remove(productLineKey(replaced));
    last += 1;
    const number = Buffer.allocUnsafe(8);
    number.writeDoubleBE(last, 0);
    tree.put(key, number);
    tree.put(productLineKey(last), encodeProductChange(change));
  }
  tree.put(productHeadKey(), encodeProductHead(last, line));
  return last;
}

export function commitModelPiece(tree: WriteTree, { version, piece, bytes }: StateAsks["putModelPiece"]["ask"]): void {
  tree.put(modelPieceKey(version, piece), bytes);
}

/** More than the pieces of two models of the largest catalogue. */
const piecesMax = 100_000;

export function commitModel(tree: WriteTree, { model }: StateAsks["setModel"]["ask"]): void {
  tree.put(modelKey(), encodeModel(model));
  for (const key of tree.keys(modelPiecesRange(), piecesMax))
    if (versionOfPieceKey(key) !== model.version) tree.remove(key);
}
