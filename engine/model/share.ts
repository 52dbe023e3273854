/** The share that a salt gives each profile: what samples, experiments and holdouts are drawn by. Pure. */
import { digestText } from "./hash.ts";

/**
 * From 0 to below 100, by a hash of 53 bits of (salt, the profile's own id): the same for ever, uniform over profiles, and
 * of two salts independent.
 */
export function shareOf(id: string, salt: string): number {
  const { high, low } = digestText(`${salt}\u0000${id}`);
  return ((high * 2 ** 21 + (low >>> 11)) / 2 ** 53) * 100;
}
