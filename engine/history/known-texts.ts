/**
 * The same few event names and sources stand in nearly every record: their texts are remembered by their bytes, so that
 * the bytes are compared where they would be decoded. One text a place: a newer one takes it, so memory is bounded.
 */
import { knownTextsMax } from "../limits.ts";

export class KnownTexts {
  readonly #kept: (string | undefined)[] = new Array<string | undefined>(knownTextsMax).fill(undefined);

  /** The text of these bytes, which are ASCII. */
  text(bytes: Uint8Array, from: number, end: number): string {
    let hash = end - from;
    for (let at = from; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const place = (hash >>> 0) % knownTextsMax;
    const known = this.#kept[place];
    if (known !== undefined && isText(known, bytes, from, end)) return known;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString("latin1");
    this.#kept[place] = text;
    return text;
  }
}

function isText(text: string, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
