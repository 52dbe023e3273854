/**
 * Who delivers messages in a simulated run: it counts what it has taken by message id, and answers well, late, wrongly, or
 * not at all. What it has taken is taken, whatever becomes of who called; it knows no message again.
 */
import { attemptUnknownMs, gatesToCallMsMax } from "../../engine/limits-of-delivery.ts";
import type { CallOutcome, Channel, ChannelAdapter, OutgoingMessage } from "../../engine/model/message.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import type { Ledger } from "./ledger.ts";
import type { Actor, Scheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Clocks of nodes run fast or slow by this, and a step takes its time. */
const CALL_LATE_MS_MAX = gatesToCallMsMax * 1.03 + 5;

interface Manner {
  readonly takes: boolean;
  /** undefined: it never answers. */
  readonly answer: CallOutcome | undefined;
  readonly afterMs: number;
}

const ACCEPTED: CallOutcome = { is: "accepted", providerId: undefined };

export class Provider {
  /** How often each message was taken, and when last, in virtual ms. */
  readonly taken = new Map<MessageId, number>();
  calls = 0;
  /** From here on it answers well and at once. */
  calm = false;
  /** Who waits for an answer. */
  readonly #open = new Set<{ readonly caller: Actor }>();
  readonly #scheduler: Scheduler;
  readonly #ledger: Ledger;
  readonly #random: SeededRandom;

  constructor(scheduler: Scheduler, ledger: Ledger) {
    this.#scheduler = scheduler;
    this.#ledger = ledger;
    this.#random = scheduler.random.branch();
  }

  /** Whether somebody alive waits for an answer. */
  get isBusy(): boolean {
    return [...this.#open].some(({ caller }) => caller.alive);
  }

  /** @param caller whose life the answer comes back to */
  adapter(channel: Channel, caller: Actor): ChannelAdapter {
    return {
      name: "simulated",
      channel,
      abilities: { idempotentForMs: 0, reports: [] },
      deliver: (message, signal) => this.#called(message, signal, caller),
      close: () => Promise.resolve(),
    };
  }

  #called(message: OutgoingMessage, signal: AbortSignal, caller: Actor): Promise<CallOutcome> {
    const { id, attempt } = message;
    this.calls += 1;
    const durableMs = this.#ledger.attempts.get(`${id}.${attempt}`);
    if (durableMs === undefined)
      this.#ledger.violate(`attempt ${attempt} of ${id} was called for before it was durable`);
    else if (this.#scheduler.nowMs - durableMs > CALL_LATE_MS_MAX)
      this.#ledger.violate(`attempt ${attempt} of ${id} was called for long after its gates`);
    const { takes, answer, afterMs } = this.#manner();
    if (takes)
      // On the provider's side: it goes on whatever becomes of the caller.
      this.#scheduler.after(afterMs / 2, `the provider takes ${id}`, undefined, () => {
        this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
      });
    return new Promise((resolve) => {
      const open = { caller };
      this.#open.add(open);
      const tell = (outcome: CallOutcome) => () => {
        this.#open.delete(open);
        resolve(outcome);
      };
      if (answer !== undefined)
        this.#scheduler.after(afterMs, `the provider answers ${answer.is}`, caller, tell(answer));
      signal.addEventListener("abort", tell({ is: "unknown", reason: "aborted" }));
    });
  }

  #manner(): Manner {
    const random = this.#random;
    const soonMs = random.fraction() * 20;
    if (this.calm) return { takes: true, answer: ACCEPTED, afterMs: soonMs };
    const roll = random.below(100);
    if (roll < 50) return { takes: true, answer: ACCEPTED, afterMs: soonMs };
    if (roll < 58) return { takes: true, answer: ACCEPTED, afterMs: random.fraction() * 30_000 };
    if (roll < 66) return { takes: random.chance(0.5), answer: undefined, afterMs: soonMs };
    if (roll < 74)
      return { takes: random.chance(0.5), answer: { is: "unknown", reason: "connection_lost" }, afterMs: soonMs };
    if (roll < 86) return { takes: false, answer: { is: "failed", reason: "unavailable" }, afterMs: soonMs };
    if (roll < 94)
      return {
        takes: false,
        answer: { is: "throttled", waitMs: random.chance(0.3) ? undefined : random.pick([500, 9_000]) },
        afterMs: soonMs,
      };
    return { takes: false, answer: { is: "rejected", reason: random.pick(["blocked", "content"]) }, afterMs: soonMs };
  }
}

/** After this an attempt that nobody answers for has come to an end, in wall time. */
export const UNANSWERED_MS_MAX = attemptUnknownMs + 15_000;
