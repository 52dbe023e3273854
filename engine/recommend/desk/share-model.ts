/**
 * One model for all nodes: what is trained at one goes to the store in pieces, and from there to every other, whose file is
 * replaced as if it had been trained there. A node that starts takes the store's, unless its own file was trained later, while
 * nothing ran to tell of it.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { modelPieceBytesMax } from "../../limits-of-recommending.ts";
import type { Products, StoredModel } from "../../store/port.ts";

export interface ModelShare {
  /**
   * Puts the file in force for all when it is newer, or the store's in its place when that is.
   * @param own version of the file; undefined: there is none, or none that can be read
   * @returns whether the file is another now. Rejects with StoreUnavailable.
   */
  look(own: string | undefined): Promise<boolean>;
}

export type SharedModels = Pick<Products, "putModelPiece" | "modelPiece" | "setModel" | "model">;

export function createModelShare(path: string, products: SharedModels): ModelShare {
  /** What file and store last agreed upon; undefined: nothing since the start. */
  let agreed: string | undefined;

  function isNews(own: string, shared: StoredModel | undefined): boolean {
    // Also what the store has lost.
    if (shared === undefined) return true;
    if (agreed !== undefined) return own !== agreed;
    return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > shared.at;
  }

  async function publish(version: string): Promise<void> {
    const file = openSync(path, "r");
    try {
      const at = fstatSync(file).mtimeMs;
      let pieces = 0;
      for (;;) {
        const bytes = Buffer.allocUnsafe(modelPieceBytesMax);
        const read = readSync(file, bytes, 0, bytes.length, pieces * modelPieceBytesMax);
        if (read === 0) break;
        await products.putModelPiece(version, pieces, bytes.subarray(0, read));
        pieces += 1;
      }
      await products.setModel({ version, pieces, at });
    } finally {
      closeSync(file);
    }
    agreed = version;
  }

  /** @returns false where another was put in force meanwhile: the next look takes that */
  async function fetch(version: string, pieces: number): Promise<boolean> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.shared.part`;
    const file = openSync(temporary, "w", 0o600);
    try {
      for (let piece = 0; piece < pieces; piece += 1) {
        const bytes = await products.modelPiece(version, piece);
        if (bytes === undefined) return false;
        writeSync(file, bytes);
      }
      renameSync(temporary, path);
    } finally {
      closeSync(file);
      rmSync(temporary, { force: true });
    }
    agreed = version;
    return true;
  }

  return {
    async look(own) {
      const shared = await products.model();
      if (own !== undefined && own === shared?.version) {
        agreed = own;
        return false;
      }
      if (own !== undefined && isNews(own, shared)) {
        await publish(own);
        return false;
      }
      // One that this version of the program cannot read is not fetched time and again.
      if (shared === undefined || shared.version === agreed) return false;
      return await fetch(shared.version, shared.pieces);
    },
  };
}
