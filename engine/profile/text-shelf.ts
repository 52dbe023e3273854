/**
 * The texts behind the hashes that streams keep, once a profile: so that `last of E.p` can be compared, explained and
 * shown. What no contribution needs any more is let go by `retain`.
 */
import { streamTextCharsMax } from "../limits.ts";
import { hashText48 } from "../model/hash.ts";
import { cutText } from "./attribute-values.ts";
import { ownText } from "./attributes.ts";

/** Of a shelf and its map with room for four texts, and of each text with its number; measured on Node 20. */
const SHELF_BYTES = 230;
const TEXT_BYTES = 56;

export class TextShelf {
  readonly #texts = new Map<number, string>();
  /** Resident, about. */
  bytes = SHELF_BYTES;

  get size(): number {
    return this.#texts.size;
  }

  get(hash: number): string | undefined {
    return this.#texts.get(hash);
  }

  keep(hash: number, text: string): void {
    if (this.#texts.has(hash)) return;
    const own = ownText(text);
    this.#texts.set(hash, own);
    this.bytes += entryBytes(own);
  }

  retain(hashes: ReadonlySet<number>): void {
    for (const [hash, text] of this.#texts) {
      if (hashes.has(hash)) continue;
      this.#texts.delete(hash);
      this.bytes -= entryBytes(text);
    }
  }

  /** In the order of their hashes. */
  inOrder(): readonly string[] {
    return [...this.#texts].sort(([a], [b]) => a - b).map(([, text]) => text);
  }
}

const entryBytes = (text: string): number => TEXT_BYTES + text.length;

/** A text as streams know it, and its number. */
export function contributedText(text: string): { readonly text: string; readonly hash: number } {
  const cut = cutText(text, streamTextCharsMax);
  return { text: cut, hash: hashText48(cut) };
}
