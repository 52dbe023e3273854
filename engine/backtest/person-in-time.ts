/**
 * One person lives through past events under a plan: each is applied at its own time by the engine's own fold, and what
 * passes with time alone is looked at when it passes, as the engine does at a wake-up. Reads no clock.
 */
import type { Event } from "../model/event.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Change, Plan } from "../model/plan.ts";
import { applyEvent, applyTransition, createProfile, judge, segmentEpoch } from "../profile/port.ts";
import type { Profile } from "../profile/port.ts";

export type Flip = (segment: number, entered: boolean, at: Instant) => void;

const EVERYTHING: Change = { kind: "everything" };
/** Wake-ups of one person between two events; a condition that changes by the minute does so for two months. */
const wakeUpsMax = 100_000;

export class PersonInTime {
  readonly profile: Profile;
  readonly #plan: Plan;
  readonly #flip: Flip;

  constructor(plan: Plan, id: ProfileId, flip: Flip) {
    this.#plan = plan;
    this.#flip = flip;
    this.profile = createProfile(id, plan);
  }

  /** What happened before anybody looks: kept, not judged. */
  remember(event: Event): void {
    if (this.#isKnown(event)) return;
    applyEvent(this.profile, event, event.timestamp);
  }

  /** Judges everything as of an instant: from here on flips are told when they happen. */
  look(at: Instant): void {
    this.profile.memo = undefined;
    this.#evaluate(EVERYTHING, at);
  }

  /** Events come in the order of their timestamps. */
  happen(event: Event): void {
    this.passUntil(event.timestamp);
    if (this.#isKnown(event)) return;
    this.#evaluate(applyEvent(this.profile, event, event.timestamp), event.timestamp);
  }

  /** @throws RangeError when too much happens in that time */
  passUntil(at: Instant): void {
    for (let n = 0; this.profile.wakeUp <= at; n++) {
      if (n >= wakeUpsMax) throw new RangeError("too much happens in that time");
      this.look(this.profile.wakeUp);
    }
  }

  /** Two profiles that became one may both have had it. */
  #isKnown(event: Event): boolean {
    return judge(this.profile, event, event.timestamp) === "duplicate";
  }

  #evaluate(change: Change, at: Instant): void {
    const { profile } = this;
    const plan = this.#plan;
    plan.evaluate(profile, change, at, (index, entered) => {
      const name = plan.segments[index] ?? "";
      applyTransition(profile, name, entered, segmentEpoch(profile, name) + (entered ? 1 : 0), at);
      this.#flip(index, entered, at);
    });
    const kept = change.kind === "event" ? profile.wakeUp : Number.POSITIVE_INFINITY;
    profile.wakeUp = Math.min(kept, plan.nextFlip(profile, change, at));
  }
}
