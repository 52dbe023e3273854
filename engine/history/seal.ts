/**
 * A digest over the records of one drain write, kept beside their rows: a row that was altered, lost or added by hand
 * afterwards is told by it. It is no proof against somebody who also rewrites the seal. Pure.
 */
import { type Hash, createHash } from "node:crypto";

/** Records are gathered up to here: a hash's call costs more than the bytes of one. */
const GATHERED_BYTES = 16 * 1024;

export class SealWriter {
  readonly #hash: Hash = createHash("sha256");
  readonly #gathered = Buffer.allocUnsafe(GATHERED_BYTES);
  #length = 0;

  /** In order of positions. */
  add(record: Uint8Array): void {
    if (this.#length + record.length > GATHERED_BYTES) this.#pass();
    if (record.length > GATHERED_BYTES) {
      this.#hash.update(record);
      return;
    }
    this.#gathered.set(record, this.#length);
    this.#length += record.length;
  }

  /** 32 hex digits. Nothing is added afterwards. */
  finish(): string {
    this.#pass();
    return this.#hash.digest("hex").slice(0, 32);
  }

  #pass(): void {
    if (this.#length > 0) this.#hash.update(this.#gathered.subarray(0, this.#length));
    this.#length = 0;
  }
}

export function sealOf(rows: readonly { readonly record: Uint8Array }[]): string {
  const seal = new SealWriter();
  for (const { record } of rows) seal.add(record);
  return seal.finish();
}
