/**
 * A hash for tables in memory whose keys others choose: without its key nobody can make texts that fall on one another and
 * so turn a look-up into a walk. HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash", 2012; the 32-bit variant of their
 * reference code), which operating systems use for the same. Never stored: the key is drawn anew at each start.
 */

/** Two 32-bit integers. */
export type HashKey = readonly [number, number];

/** Of `length` bytes; 32 bits, unsigned. */
export function keyedHash(bytes: Uint8Array, key: HashKey, from: number, length: number): number {
  let v0 = key[0] | 0;
  let v1 = key[1] | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  const words = length >>> 2;
  // Behind the words: what is left of the bytes with their count, then three rounds that end it.
  for (let i = 0; i < words + 4; i++) {
    const at = from + (i << 2);
    let word = 0;
    if (i < words) {
      word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      word |= ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    } else if (i === words) {
      word = length << 24;
      for (let left = length & 3; left > 0; left--) word |= (bytes[at + left - 1] as number) << (8 * (left - 1));
    } else if (i === words + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}
