/**
 * Hashes that are part of the stored format: slots, digests of message ids, stream ids. Not for security.
 * FNV-1a for short keys (offset basis 2166136261, prime 16777619: the reference values of its authors) and a
 * two-lane 64-bit variant; changing either is a change of format.
 */
import type { Slot } from "./ids.ts";
import { SLOTS } from "./ids.ts";

/** 32-bit FNV-1a over UTF-16 code units, with a final avalanche so that low bits are usable; unsigned. */
export function hashText(text: string, seed = 0): number {
  let h = (2166136261 ^ seed) | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return mix(h);
}

/** 32-bit finaliser of MurmurHash3 (public domain). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** An 8-byte digest as two unsigned halves: no BigInt on the hot path. */
export interface Digest64 {
  readonly high: number;
  readonly low: number;
}

/** Of every two bytes: texts of a table are put together in a fifth of the time that a number takes to be written by a radix. */
const HEX4 = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, "0"));

/** Eight hex digits of an unsigned 32-bit integer. */
export function hex8(value: number): string {
  return `${HEX4[value >>> 16]}${HEX4[value & 0xffff]}`;
}

/** Sixteen hex digits. */
export function digestHex({ high, low }: Digest64): string {
  return hex8(high) + hex8(low);
}

/** `hashText` under two seeds, in one pass. */
export function digestText(text: string): Digest64 {
  let high = 2166136261 ^ 0x9e3779b9;
  let low = 2166136261 | 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 16777619);
    low = Math.imul(low ^ code, 16777619);
  }
  return { high: mix(high), low: mix(low) };
}

/** 48 bits, as a plain integer: what a stream keeps of a text. Two of a million texts are taken for one once in 500 times. */
export function hashText48(text: string): number {
  const { high, low } = digestText(text);
  return (high & 0xffff) * 2 ** 32 + low;
}

/** @param cellKey as made by `cellKey` in identifier.ts */
export function slotOfCell(cellKey: string): Slot {
  return slotOfHash(hashText(cellKey));
}

/** For who needs the hash of a cell's key besides its slot. @param hash `hashText(cellKey)` */
export function slotOfHash(hash: number): Slot {
  return (hash % SLOTS) as Slot;
}
