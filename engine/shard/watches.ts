/**
 * Who watches whom: gateways register a profile under a number of their own and are pushed its decisions when they change.
 * Not part of the journal: a gateway registers again after a takeover.
 */
import type { ProfileId } from "../model/ids.ts";
import type { Decision } from "../model/plan.ts";

/** A link of the worker: 0 is this node's own gateway. */
export type LinkId = number;

export interface Watch {
  readonly link: LinkId;
  readonly watch: number;
  /** The decisions last pushed or answered, as text; to push changes only. undefined: another may be shown by now. */
  last: string | undefined;
}

export class Watches {
  readonly #byProfile = new Map<ProfileId, Watch[]>();
  readonly #profileOf = new Map<string, ProfileId>();

  add(profile: ProfileId, link: LinkId, watch: number, decisions: readonly Decision[]): void {
    this.remove(link, watch);
    const watches = this.#byProfile.get(profile) ?? [];
    watches.push({ link, watch, last: JSON.stringify(decisions) });
    this.#byProfile.set(profile, watches);
    this.#profileOf.set(`${link}/${watch}`, profile);
  }

  remove(link: LinkId, watch: number): void {
    const key = `${link}/${watch}`;
    const profile = this.#profileOf.get(key);
    if (profile === undefined) return;
    this.#profileOf.delete(key);
    const left = (this.#byProfile.get(profile) ?? []).filter((other) => other.link !== link || other.watch !== watch);
    if (left.length === 0) this.#byProfile.delete(profile);
    else this.#byProfile.set(profile, left);
  }

  /** The link broke: its gateway has forgotten us too. */
  removeLink(link: LinkId): void {
    for (const watches of [...this.#byProfile.values()])
      for (const watch of watches) if (watch.link === link) this.remove(link, watch.watch);
  }

  of(profile: ProfileId): readonly Watch[] {
    return this.#byProfile.get(profile) ?? [];
  }

  has(profile: ProfileId): boolean {
    return this.#byProfile.has(profile);
  }

  /**
   * A read was answered, perhaps in the middle of a turn: a gateway that shows it may be behind what was pushed last, so
   * the next push goes out even if it says the same.
   */
  read(profile: ProfileId): void {
    for (const watch of this.of(profile)) watch.last = undefined;
  }

  /** Ends all watches of a profile, or of all. */
  takeAll(profile?: ProfileId): readonly Watch[] {
    const taken = profile === undefined ? [...this.#byProfile.values()].flat() : [...this.of(profile)];
    for (const { link, watch } of taken) this.remove(link, watch);
    return taken;
  }
}
