/**
 * One person lives through past events under a plan: each is applied at its own time by the engine's own fold, and what
 * passes with time alone is looked at when it passes, as the engine does at a wake-up. Reads no clock.
 */
import type { Event } from "../model/event.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Change, Plan } from "../model/plan.ts";
import type { DecidedRecord } from "../model/record.ts";
import {
  applyDecided,
  applyEvent,
  applyTransition,
  createProfile,
  judge,
  segmentEpoch,
  setOff,
} from "../profile/port.ts";
import type { Flip, Happened, Profile } from "../profile/port.ts";
import { type Delivers, DispatchInTime, type Dispatched } from "./dispatch-in-time.ts";

/** What is told while a person lives on. */
export interface Witness {
  flip(segment: number, entered: boolean, at: Instant): void;
  fire(decided: DecidedRecord): void;
}

const EVERYTHING: Change = { kind: "everything" };
const UNSEEN: Witness = { flip: () => undefined, fire: () => undefined };
/** Wake-ups of one person between two events; a condition that changes by the minute does so for two months. */
const wakeUpsMax = 100_000;

export class PersonInTime {
  readonly profile: Profile;
  readonly #plan: Plan;
  readonly #witness: Witness;
  /** What becomes of their messages; undefined: nobody asks. */
  readonly #dispatch: DispatchInTime | undefined;
  /** What happens is told to nobody. */
  #untold = false;
  #begun = false;

  /** @param delivers whose messages go through the gates when they are due */
  constructor(plan: Plan, id: ProfileId, witness = UNSEEN, delivers: Delivers = "nothing") {
    this.#plan = plan;
    this.#witness = witness;
    this.profile = createProfile(id, plan);
    this.#dispatch = delivers === "nothing" ? undefined : new DispatchInTime(plan, this.profile, delivers);
  }

  /** What messages have come to up to now; none where they do not go through the gates. */
  messages(at: Instant): readonly Dispatched[] {
    return this.#dispatch?.told(at) ?? [];
  }

  /**
   * What happened before anybody looks: kept, not judged; but by a plan that asks when segments were entered or left, which
   * has it lived through, untold.
   */
  remember(event: Event): void {
    if (this.#isKnown(event)) return;
    if (this.#plan.readsTransitions !== true) {
      applyEvent(this.profile, event, event.timestamp);
      this.#dispatch?.bind(event);
      return;
    }
    this.#untold = true;
    // Somebody to whom nothing has happened yet is in segments, too.
    if (!this.#begun) this.#evaluate(EVERYTHING, { at: event.timestamp, event: undefined, isFirst: true });
    this.happen(event);
    this.#untold = false;
  }

  /** Judges everything as of an instant: from here on flips are told when they happen, and those until then set nothing off. */
  look(at: Instant): void {
    if (this.#plan.readsTransitions === true) {
      this.#untold = true;
      this.passUntil(at - 1);
      this.#untold = false;
    }
    this.profile.memo = undefined;
    this.#evaluate(EVERYTHING, { at, event: undefined, isFirst: true });
  }

  /** Events come in the order of their timestamps. */
  happen(event: Event): void {
    this.passUntil(event.timestamp);
    if (this.#isKnown(event)) return;
    const at = event.timestamp;
    const change = applyEvent(this.profile, event, at);
    this.#dispatch?.bind(event);
    this.#evaluate(change, { at, event });
    this.#dispatch?.work(at, event);
  }

  /** @throws RangeError when too much happens in that time */
  passUntil(at: Instant): void {
    for (let n = 0; ; n++) {
      const { wakeUp } = this.profile;
      const due = this.#dispatch?.next ?? Number.POSITIVE_INFINITY;
      if (Math.min(wakeUp, due) > at) return;
      if (n >= wakeUpsMax) throw new RangeError("too much happens in that time");
      if (due < wakeUp) {
        this.#dispatch?.work(due);
        continue;
      }
      this.profile.memo = undefined;
      this.#evaluate(EVERYTHING, { at: wakeUp, event: undefined });
    }
  }

  /** Two profiles that became one may both have had it. */
  #isKnown(event: Event): boolean {
    return judge(this.profile, event, event.timestamp) === "duplicate";
  }

  #evaluate(
    change: Change,
    { at, event, isFirst }: { readonly at: Instant; readonly event: Event | undefined; readonly isFirst?: boolean },
  ): void {
    const { profile } = this;
    const plan = this.#plan;
    this.#begun = true;
    const since = profile.wakeUp <= at ? profile.wakeUp : undefined;
    const flips: Flip[] = [];
    plan.evaluate(profile, change, at, (index, entered) => {
      const name = plan.segments[index] ?? "";
      const epoch = segmentEpoch(profile, name) + (entered ? 1 : 0);
      applyTransition(profile, name, entered, epoch, at);
      if (!this.#untold) this.#witness.flip(index, entered, at);
      if (isFirst !== true) flips.push({ segment: index, entered, epoch });
    });
    if (!this.#untold) this.#fire({ event, flips, since, at });
    const kept = change.kind === "event" && profile.wakeUp > at ? profile.wakeUp : Number.POSITIVE_INFINITY;
    profile.wakeUp = Math.min(kept, plan.nextFlip(profile, change, at));
  }

  #fire(happened: Happened): void {
    const { profile } = this;
    for (const fired of setOff(profile, happened)) {
      const decided = this.#dispatch?.admit(fired) ?? fired;
      applyDecided(profile, decided, happened.at);
      this.#witness.fire(decided);
    }
  }
}
