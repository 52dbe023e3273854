/**
 * One channel at the desk: who waits for a place, which places are taken, how fast and whether the provider is called. A
 * place is taken from the grant to the end of the call; one whose owner does not come within seconds is free again. Nothing
 * here knows of another channel, so that a dead provider delays nobody else.
 */
import { callGraceMs, grantMsMax, throttleMsMax } from "../limits-of-delivery.ts";
import type { Clock, Random, Timers } from "../model/clock.ts";
import type { CallOutcome, ChannelAdapter, OutgoingMessage } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";
import { Breaker } from "./breaker.ts";
import type { ChannelBounds, ChannelStatus, FromDesk, ToDesk } from "./desk-port.ts";
import type { AttemptOutcome, PutIntoWords } from "./letter.ts";
import { OfferHeap, type HeldOffer, type Offer } from "./offer-heap.ts";

/** One worker. */
export interface DeskClient {
  send(message: FromDesk): void;
}

export type Call = Extract<ToDesk, { is: "call" }>;

export interface ChannelDeskOptions {
  readonly adapter: ChannelAdapter;
  readonly bounds: ChannelBounds;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** undefined: no templates are known yet. */
  readonly words: () => PutIntoWords | undefined;
}

interface Grant extends HeldOffer<DeskClient> {
  readonly cancel: () => void;
}

export class ChannelDesk {
  readonly #options: ChannelDeskOptions;
  readonly #offers = new OfferHeap<DeskClient>();
  readonly #grants = new Map<MessageId, Grant>();
  readonly #breaker: Breaker;
  readonly #outcomes: Record<string, number> = {};
  readonly #calls = new Set<AbortController>();
  /** Of the rate limit: when the next place may be given. */
  #nextAtMs = Number.NEGATIVE_INFINITY;
  /** The provider asked for a pause. */
  #throttledUntilMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: ChannelDeskOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.random, options.bounds.breaker);
  }

  offer(offer: Offer, client: DeskClient): void {
    this.#offers.add({ offer, client });
    this.#grantSome();
  }

  withdraw(message: MessageId): void {
    this.#offers.withdraw(message);
    this.#free(message);
    this.#grantSome();
  }

  /** What is offered or granted to these goes. */
  forget(isGone: (held: HeldOffer<DeskClient>) => boolean): void {
    this.#offers.withdrawWhere(isGone);
    for (const [message, grant] of this.#grants) if (isGone(grant)) this.#free(message);
    this.#grantSome();
  }

  /** Resolves when it has been answered to the client. */
  async call(call: Call, client: DeskClient): Promise<void> {
    const { shard, profile, letter } = call;
    const { clock } = this.#options;
    this.#free(letter.id);
    const outcome = await this.#tryCall(call);
    this.#outcomes[outcome.is] = (this.#outcomes[outcome.is] ?? 0) + 1;
    if (outcome.is !== "not called" && outcome.is !== "skipped") this.#breaker.note(outcome, clock.monotonicMs());
    if (outcome.is === "throttled" && outcome.waitMs !== undefined)
      this.#throttledUntilMs = clock.monotonicMs() + Math.min(outcome.waitMs, throttleMsMax);
    client.send({
      is: "called",
      shard,
      profile,
      message: letter.id,
      channel: letter.channel,
      attempt: letter.attempt,
      outcome,
    });
    this.#grantSome();
  }

  status(): ChannelStatus {
    const { adapter, clock } = this.#options;
    return {
      channel: adapter.channel,
      adapter: adapter.name,
      waiting: this.#offers.size,
      taken: this.#grants.size + this.#calls.size,
      breaker: this.#breaker.state(clock.monotonicMs()),
      outcomes: { ...this.#outcomes },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const message of [...this.#grants.keys()]) this.#free(message);
    for (const call of this.#calls) call.abort();
    await this.#options.adapter.close();
  }

  async #tryCall({ letter, callUntilMs }: Call): Promise<AttemptOutcome> {
    const { clock, words } = this.#options;
    const rendered = words()?.(letter);
    if (rendered?.is === "unrenderable") {
      const { field, because } = rendered;
      return { is: "skipped", reason: "unrenderable", field, because };
    }
    // Right before the call: whatever happens after this, the message may have been sent.
    const isLate = this.#isClosed || clock.monotonicMs() > callUntilMs;
    return rendered === undefined || isLate ? { is: "not called" } : this.#deliver(rendered.message);
  }

  /** One call, of which something is said within its time whatever the adapter does. */
  async #deliver(message: OutgoingMessage): Promise<CallOutcome> {
    const { adapter, bounds, timers } = this.#options;
    const abort = new AbortController();
    this.#calls.add(abort);
    let cancelGrace: (() => void) | undefined;
    const cancel = timers.after(bounds.callMsMax, () => abort.abort());
    const silence = new Promise<CallOutcome>((resolve) => {
      abort.signal.addEventListener("abort", () => {
        cancelGrace = timers.after(callGraceMs, () => resolve({ is: "unknown", reason: "no_answer" }));
      });
    });
    try {
      return await Promise.race([adapter.deliver(message, abort.signal), silence]);
    } catch {
      // A fault of the adapter is its own: whether the message went out nobody knows.
      return { is: "unknown", reason: "unclear_answer" };
    } finally {
      cancel();
      cancelGrace?.();
      this.#calls.delete(abort);
    }
  }

  #free(message: MessageId): void {
    this.#grants.get(message)?.cancel();
    this.#grants.delete(message);
  }

  #grantSome(): void {
    const { bounds, clock, timers } = this.#options;
    while (!this.#isClosed && this.#offers.size > 0) {
      const nowMs = clock.monotonicMs();
      const breaker = this.#breaker.state(nowMs);
      const taken = this.#grants.size + this.#calls.size;
      const openAtMs = Math.max(
        this.#nextAtMs,
        this.#throttledUntilMs,
        breaker === "open" ? this.#breaker.openUntilMs : Number.NEGATIVE_INFINITY,
      );
      if (openAtMs > nowMs) return this.#lookAt(openAtMs - nowMs);
      if (taken >= (breaker === "trying" ? 1 : bounds.concurrency)) return;
      const held = this.#offers.take();
      if (held === undefined) return;
      if (bounds.perSecond !== undefined)
        this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - BURST_MS) + 1_000 / bounds.perSecond;
      const { offer, client } = held;
      const { shard, profile, message, channel } = offer;
      const cancel = timers.after(grantMsMax, () => {
        this.#grants.delete(message);
        this.#grantSome();
      });
      this.#grants.set(message, { ...held, cancel });
      client.send({ is: "grant", shard, profile, message, channel });
    }
  }

  #lookAt(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.timers.after(delayMs, () => this.#grantSome());
  }
}

/** What of a rate not used may be made up for at once. */
const BURST_MS = 200;
