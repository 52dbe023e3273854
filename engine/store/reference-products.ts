/** The promises of `Products` in their plainest form, for the reference store and the simulator's: maps in memory. */
import type { KeyedChange, Products, StoredModel } from "./port.ts";

export function createReferenceProducts(): Products {
  const changes = new Map<string, KeyedChange & { readonly number: number }>();
  const pieces = new Map<string, Uint8Array>();
  let last = 0;
  let model: StoredModel | undefined;
  const pieceKey = (version: string, piece: number): string => `${piece} ${version}`;
  return {
    async put(all) {
      for (const { key, bytes } of all) {
        changes.delete(key);
        changes.set(key, { key, bytes: new Uint8Array(bytes), number: ++last });
      }
      return last;
    },
    async since(after, limit) {
      const found = [...changes.values()].filter(({ number }) => number > after).slice(0, limit);
      return { line: last === 0 ? undefined : "reference", last, changes: found };
    },
    async putModelPiece(version, piece, bytes) {
      pieces.set(pieceKey(version, piece), new Uint8Array(bytes));
    },
    modelPiece: async (version, piece) => pieces.get(pieceKey(version, piece)),
    async setModel(next) {
      if (model !== undefined && model.version !== next.version)
        for (let piece = 0; piece < model.pieces; piece++) pieces.delete(pieceKey(model.version, piece));
      model = next;
    },
    model: async () => model,
  };
}
