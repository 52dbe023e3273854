/** How a plan keeps the members of a list: it has no personal value in it. */
import { digestText } from "../../model/hash.ts";

/** 64 bits of an identifier's value, in hex. */
export function memberDigest(value: string): string {
  const { high, low } = digestText(value);
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
