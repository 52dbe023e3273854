/**
 * What becomes of one person's messages as time passes, by the very gates that the engine asks: those that may go are taken
 * for sent at once, as if every provider took them; the rest wait or are skipped, with the reason. Nothing is sent. Somebody
 * comes to a page with the event of a page, and to a till with its receipt: they are shown what waits for them there.
 */
import { gate, type GateVerdict, type GateView, outbidWith, type Skipped } from "../deliver/port.ts";
import type { Event } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import type { Outcome, SkippedReason, VisitedChannel } from "../model/message.ts";
import { NO_ORDERS } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import type { DecidedRecord } from "../model/record.ts";
import {
  applyAttempt,
  applyOutcome,
  bindIdentifier,
  dueOf,
  type Profile,
  type WaitingMessage,
} from "../profile/port.ts";

/** What one message came to; `by`: the channel that it went by, or, of one that waits, each that it may go by. */
export type Dispatched =
  | { readonly trigger: string; readonly is: "sent"; readonly by: readonly string[] }
  | { readonly trigger: string; readonly is: "skipped"; readonly reason: SkippedReason; readonly by?: KeptBack };

/** What kept a message back for others' sake: a cap that was full, or the message of another trigger. */
export type KeptBack = Pick<Skipped, "cap" | "rival">;

/** To nobody; to all, as whom a holdout takes is chance, and no rule's doing; or as a holdout draws them. */
export type Delivers = "nothing" | "to all" | "as drawn";

export class DispatchInTime {
  readonly #plan: Plan;
  readonly #profile: Profile;
  readonly #heldOut: boolean;
  readonly #ended: Dispatched[] = [];

  constructor(plan: Plan, profile: Profile, delivers: Exclude<Delivers, "nothing">) {
    this.#plan = plan;
    this.#profile = profile;
    this.#heldOut = delivers === "as drawn";
  }

  /** What is proved of a person is theirs: nobody else claims it. */
  bind({ identifiers, proved }: Event): void {
    if (!proved) return;
    for (const identifier of identifiers) bindIdentifier(this.#profile, identifier, "bound");
  }

  /** As it is decided here. */
  admit(decided: DecidedRecord): DecidedRecord {
    return this.#heldOut ? decided : { ...decided, intent: { ...decided.intent, holdout: undefined } };
  }

  /** When a message is looked at next; Infinity: none waits. */
  get next(): Instant {
    return dueOf(this.#profile.agenda);
  }

  /** Looks at what is due, and with an event at hand at what waits for its person to come. */
  work(at: Instant, event?: Event): void {
    const here = event === undefined ? [] : placesOf(event);
    for (const waiting of this.#profile.agenda.waiting) {
      const { due, since, intent } = waiting;
      const hasCome = here.some((place) => intent.by.includes(place)) && at >= since + intent.competesForMs;
      // What was looked at before it may have ended it.
      if ((due > at && !hasCome) || !this.#profile.agenda.waiting.includes(waiting)) continue;
      const view = this.#viewAt(at, here);
      const verdict = gate(waiting, view);
      switch (verdict.is) {
        case "wait":
          // The gates never let one wait until now; were it so, time would stand still.
          waiting.due = Math.max(verdict.until, at + 1);
          break;
        case "skip":
          this.#skip(waiting, verdict, at);
          break;
        case "go":
          for (const rival of outbidWith(waiting, view))
            this.#skip(rival, { reason: "outbid", rival: waiting.trigger }, at);
          this.#send(waiting, verdict, at);
      }
    }
  }

  /** All messages up to now: what they came to, and what those that wait would come to. */
  told(at: Instant): readonly Dispatched[] {
    const waiting = this.#profile.agenda.waiting.map((each): Dispatched => {
      const { trigger, intent } = each;
      const verdict = gate(each, this.#viewAt(at));
      if (verdict.is === "skip") return skipped(trigger, verdict);
      return { trigger, is: "sent", by: verdict.is === "go" ? [verdict.channel] : intent.by };
    });
    return [...this.#ended, ...waiting];
  }

  #viewAt(at: Instant, here: readonly VisitedChannel[] = []): GateView {
    return { profile: this.#profile, plan: this.#plan, orders: NO_ORDERS, at, here };
  }

  #send({ message, trigger }: WaitingMessage, { channel }: Extract<GateVerdict, { is: "go" }>, at: Instant): void {
    const profile = this.#profile.id;
    applyAttempt(this.#profile, { kind: "attempt", profile, message, trigger, channel, attempt: 1, to: 0 }, at);
    this.#end({ message, trigger }, { attempt: 1, at }, { is: "accepted", providerId: undefined });
    this.#ended.push({ trigger, is: "sent", by: [channel] });
  }

  #skip({ message, trigger }: WaitingMessage, why: Omit<Skipped, "is">, at: Instant): void {
    this.#end({ message, trigger }, { attempt: 0, at }, { is: "skipped", reason: why.reason });
    this.#ended.push(skipped(trigger, why));
  }

  #end(
    { message, trigger }: Pick<WaitingMessage, "message" | "trigger">,
    { attempt, at }: { readonly attempt: number; readonly at: Instant },
    outcome: Outcome,
  ): void {
    const profile = this.#profile.id;
    applyOutcome(this.#profile, { kind: "outcome", profile, message, trigger, attempt, outcome }, at);
  }
}

function skipped(trigger: string, { reason, cap, rival }: Omit<Skipped, "is">): Dispatched {
  const by = cap !== undefined ? { cap } : rival !== undefined ? { rival } : undefined;
  return { trigger, is: "skipped", reason, ...(by !== undefined && { by }) };
}

/** Of a receipt the event says that it is of a store: see parse-receipt.ts. */
function placesOf({ type, fields }: Event): readonly VisitedChannel[] {
  if (type === "page") return ["web"];
  return fields["channel"] === "store" ? ["loyalty"] : [];
}
