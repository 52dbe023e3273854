/** What is asked of the person and not of values: the share that a salt gives them. */
import { digestText } from "../../model/hash.ts";
import type { CallKind } from "./call.ts";
import type { CallName } from "./call-name.ts";

/**
 * From 0 to below 100, by a hash of 53 bits of (salt, the profile's own id): the same for ever, uniform over profiles, and
 * of two salts independent.
 */
export function shareOf(id: string, salt: string): number {
  const { high, low } = digestText(`${salt}\u0000${id}`);
  return ((high * 2 ** 21 + (low >>> 11)) / 2 ** 53) * 100;
}

export const people = {
  share: { values: shareOf, gives: "number", print: (of) => ({ text: `profiles by ${of.text(1, 3)}`, binds: 3 }) },
} as const satisfies Partial<Record<CallName, CallKind>>;
