/**
 * The texts behind the hashes that streams keep, once a profile: so that `last of E.p` can be compared, explained and
 * shown. What no contribution needs any more is let go by `retain`.
 */
import { streamTextCharsMax } from "../limits.ts";
import { hashText48 } from "../model/hash.ts";
import { cutText } from "./attribute-values.ts";
import { ownText } from "./attributes.ts";

export class TextShelf {
  readonly #texts = new Map<number, string>();
  /** Resident, about. */
  bytes = 0;

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

/** With its place in the map; measured on Node 20. */
const entryBytes = (text: string): number => 64 + text.length;

/** A text as streams know it, and its number. */
export function contributedText(text: string): { readonly text: string; readonly hash: number } {
  const cut = cutText(text, streamTextCharsMax);
  return { text: cut, hash: hashText48(cut) };
}
