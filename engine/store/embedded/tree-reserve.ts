/**
 * Keeps LMDB from meeting a write that its file system refuses. liblmdb as lmdb-js 3.5.6 ships it puts the account of such
 * a write into 100 bytes, which a file of more than a few MB overruns: the process then dies of a ruined heap, where a full
 * disk should only cost time. So before a transaction commits, the file is made as long as the transaction can need, with
 * zeros behind all pages; where it is long enough, its last page is written as a probe. A refusal comes here, as Node's own
 * error, and ends the transaction before LMDB has written anything.
 *
 * Safe because the one writer of the tree calls it, within its transaction and before LMDB writes: nothing lies behind the
 * last page that was committed. What remains is a disk that fails between the probe and the commit.
 */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { treeReserveStepBytes } from "../../limits.ts";

/** What a transaction changes, and where the tree stands before it. */
export interface TreeGrowth {
  /** Puts and removals. */
  readonly changes: number;
  /** Keys and values put. */
  readonly bytes: number;
  /** Levels of the tree, its root included. */
  readonly depth: number;
  /** Committed pages, used or free: the first page behind them may be written here. */
  readonly pages: number;
  readonly pageBytes: number;
}

/** Pages for LMDB's list of free pages, which is a small tree itself. */
const freeListPages = 64;

export class TreeReserve {
  readonly #descriptor: number;
  readonly #zeros = Buffer.alloc(treeReserveStepBytes);

  /** @param path LMDB's file */
  constructor(path: string) {
    this.#descriptor = openSync(path, "r+");
  }

  /** Throws what the file system says when it would not take the transaction. */
  ensure(growth: TreeGrowth): void {
    const { pages, pageBytes } = growth;
    const committed = pages * pageBytes;
    const wanted = committed + pagesMax(growth) * pageBytes;
    const { size } = fstatSync(this.#descriptor);
    if (size < wanted) this.#fill(Math.max(size, committed), wanted);
    else this.#write(size - pageBytes, pageBytes);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(from: number, to: number): void {
    for (let at = from; at < to; at += this.#zeros.length) this.#write(at, this.#zeros.length);
  }

  #write(at: number, length: number): void {
    const written = writeSync(this.#descriptor, this.#zeros, 0, length, at);
    // A disk that runs full may take a part.
    if (written !== length) throw new Error(`ENOSPC: the tree took ${written} of ${length} bytes`);
  }
}

/**
 * Most pages that a transaction takes behind the others. Each change copies at most its way from the root, never more than
 * there are, and splits one page a level at worst; a value too long for a page has pages of its own.
 */
export function pagesMax({ changes, bytes, depth, pages, pageBytes }: TreeGrowth): number {
  const copied = Math.min(changes * depth, pages);
  const added = changes + depth + Math.ceil((2 * bytes) / pageBytes);
  return copied + added + Math.ceil((copied + added) / 128) + freeListPages;
}
