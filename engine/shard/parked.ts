/** Who came for a profile that is just being merged, and waits until it has gone where it goes. */
import { parkedMax } from "../limits.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Queued } from "./turn.ts";

export class Parked {
  readonly #waiting = new Map<ProfileId, Queued[]>();
  #count = 0;

  /** False when too many wait already. */
  add(queued: Queued, loser: ProfileId): boolean {
    if (this.#count >= parkedMax) return false;
    this.#count += 1;
    const waiting = this.#waiting.get(loser);
    if (waiting === undefined) this.#waiting.set(loser, [queued]);
    else waiting.push(queued);
    return true;
  }

  /** Whoever waits for this one, or for anybody, in the order they came. */
  take(loser?: ProfileId): readonly Queued[] {
    const taken = loser === undefined ? [...this.#waiting.values()].flat() : (this.#waiting.get(loser) ?? []);
    if (loser === undefined) this.#waiting.clear();
    else this.#waiting.delete(loser);
    this.#count -= taken.length;
    return taken;
  }
}
