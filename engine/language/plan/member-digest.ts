/** How a plan keeps the members of a list: it has no personal value in it. */
import { digestHex, digestText } from "../../model/hash.ts";

/** 64 bits of an identifier's value, in hex. */
export function memberDigest(value: string): string {
  return digestHex(digestText(value));
}
