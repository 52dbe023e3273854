/**
 * A node's own copy of the catalogue, in its data folder: what a start begins with and what jobs read. Nothing is
 * acknowledged by it: what it lacks is read from the store again.
 */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { UpTo } from "../catalogue/catalogue-file.ts";
import { writtenChange, writtenUpTo } from "../catalogue/catalogue-file.ts";
import type { Catalogue, ProductChange } from "../catalogue/catalogue.ts";

export interface CatalogueCopy {
  /** Changes that were applied, and how far they go. */
  append(changes: readonly ProductChange[], upTo: UpTo): void;
  close(): void;
}

export function createCatalogueCopy(path: string, catalogue: Catalogue): CatalogueCopy {
  let file: number | undefined;

  /** As it stands now, without what later changes have made void. */
  function writeAnew(upTo: UpTo): number {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = [...catalogue.all()].map((product) => lineOf(writtenChange({ is: "put", product })));
    writeFileSync(`${path}.part`, `${lines.join("")}${lineOf(writtenUpTo(upTo))}`, { mode: 0o600 });
    renameSync(`${path}.part`, path);
    return openSync(path, "a");
  }

  return {
    append(changes, upTo) {
      if (file === undefined) file = writeAnew(upTo);
      else
        writeSync(
          file,
          `${changes.map((change) => lineOf(writtenChange(change))).join("")}${lineOf(writtenUpTo(upTo))}`,
        );
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function lineOf(json: unknown): string {
  return `${JSON.stringify(json)}\n`;
}
