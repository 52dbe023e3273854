/**
 * A digest over the records of one drain write, kept beside their rows: a row that was altered, lost or added by hand
 * afterwards is told by it. It is no proof against somebody who also rewrites the seal. Pure.
 */
import { type Hash, createHash } from "node:crypto";

export class SealWriter {
  readonly #hash: Hash = createHash("sha256");

  /** In order of positions. */
  add(record: Uint8Array): void {
    this.#hash.update(record);
  }

  /** 32 hex digits. Nothing is added afterwards. */
  finish(): string {
    return this.#hash.digest("hex").slice(0, 32);
  }
}

export function sealOf(rows: readonly { readonly record: Uint8Array }[]): string {
  const seal = new SealWriter();
  for (const { record } of rows) seal.add(record);
  return seal.finish();
}
