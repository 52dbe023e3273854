import { describe, expect, it } from "vitest";
import { keyedHash } from "./keyed-hash.ts";

/** Of the bytes 0, 1, ... n-1 under the key 00 01 .. 07: what other implementations give. */
const REFERENCE = [
  0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6, 0x577999b1,
];
const KEY = [0x03020100, 0x07060504] as const;

describe("the keyed hash", () => {
  it.each(REFERENCE.map((hash, length) => [length, hash]))("of %i bytes is that of HalfSipHash-1-3", (length, hash) => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i - 5);
    expect(keyedHash(bytes, KEY, 5, length)).toBe(hash);
  });

  it("is another one under another key", () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);
    expect(keyedHash(bytes, [1, 2], 0, 20)).not.toBe(keyedHash(bytes, [1, 3], 0, 20));
    expect(keyedHash(bytes, [1, 2], 0, 20)).not.toBe(keyedHash(bytes, [2, 2], 0, 20));
  });
});
