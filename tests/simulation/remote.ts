/**
 * A server at the other end of a faulty connection. A call reaches it after a while or never; what it did becomes durable
 * a little later; the answer comes back or is lost. A write may even land after its caller was told that it failed, as
 * bytes do that still stood in a socket's buffer. Calls of one caller are not ordered among themselves.
 */
import type { Actor, Scheduler } from "./scheduler.ts";

/** Probabilities, of each call. */
export interface CallFaults {
  readonly requestLost: number;
  readonly answerLost: number;
  /** Of a write: the caller is told of a failure first, and the write lands up to `lateMsMax` after. */
  readonly landsLate: number;
  readonly delayMsMax: number;
}

export const NO_FAULTS: CallFaults = { requestLost: 0, answerLost: 0, landsLate: 0, delayMsMax: 1 };
const LATE_MS_MAX = 3_000;
/** How long a caller waits for an answer that does not come. */
const GIVE_UP_MS_MAX = 500;

export interface CallKind {
  readonly label: string;
  readonly writes: boolean;
  /** Answered only when everything that it saw is durable. */
  readonly waitsForFlush: boolean;
}

/** How the server makes things durable. */
export interface Flushing {
  /** Number of changes made so far. */
  mark(): number;
  durableMark(): number;
  /** Makes all changes durable. */
  flush(): void;
  /** Longest time between a change and its flush; 0: every change is durable at once. */
  readonly flushMsMax: number;
}

/** A server whose changes are durable at once. */
export const FLUSHED_AT_ONCE: Flushing = { mark: () => 0, durableMark: () => 0, flush: () => {}, flushMsMax: 0 };

interface Waiter {
  readonly mark: number;
  readonly answer: () => void;
  readonly fail: () => void;
}

export class Remote {
  readonly #scheduler: Scheduler;
  readonly #flushing: Flushing;
  readonly #failure: (what: string) => Error;
  faults: CallFaults = NO_FAULTS;
  /** The server stands still until then: it does nothing and answers nothing. */
  pausedUntilMs = 0;
  /** Raised by a break of all connections: calls on their way are lost. */
  #generation = 0;
  /** Looks at each call; the first that it takes never arrives, and it is taken away. */
  trap: ((actor: Actor | undefined, label: string) => boolean) | undefined;
  #cutOff: { readonly who: (actor: Actor) => boolean; readonly untilMs: number }[] = [];
  #flushPlanned = false;
  #waiters: Waiter[] = [];

  /** @param failure the error with which its port lets a promise reject */
  constructor(scheduler: Scheduler, flushing: Flushing, failure: (what: string) => Error) {
    this.#scheduler = scheduler;
    this.#flushing = flushing;
    this.#failure = failure;
  }

  call<T>(actor: Actor | undefined, kind: CallKind, act: () => T): Promise<T> {
    const scheduler = this.#scheduler;
    const { random } = scheduler;
    const { faults } = this;
    const generation = this.#generation;
    return new Promise<T>((resolve, reject) => {
      let told = false;
      const fail = (): void => {
        if (told) return;
        told = true;
        reject(this.#failure(`${kind.label}: no answer`));
      };
      const failLater = (): void =>
        void scheduler.after(random.fraction() * GIVE_UP_MS_MAX, `${kind.label} fails`, actor, fail);
      const answer = (value: T): void => {
        if (random.chance(faults.answerLost)) return failLater();
        scheduler.after(random.fraction() * faults.delayMsMax, `${kind.label} answered`, actor, () => {
          if (told) return;
          told = true;
          resolve(value);
        });
      };
      const arrive = (): void => {
        if (this.pausedUntilMs > scheduler.nowMs) {
          const pauseMs = this.pausedUntilMs - scheduler.nowMs + random.fraction() * 5;
          scheduler.after(pauseMs, `${kind.label} waits`, undefined, arrive);
          return;
        }
        if (generation !== this.#generation) return failLater();
        const value = act();
        this.#answerWhenDurable(kind, () => answer(value), failLater);
      };
      const cutOff =
        actor !== undefined && this.#cutOff.some(({ who, untilMs }) => untilMs > scheduler.nowMs && who(actor));
      if (this.trap?.(actor, kind.label) === true) {
        this.trap = undefined;
        return failLater();
      }
      if (cutOff || random.chance(faults.requestLost)) return failLater();
      let delayMs = random.fraction() * faults.delayMsMax;
      if (kind.writes && random.chance(faults.landsLate)) {
        failLater();
        delayMs += random.fraction() * LATE_MS_MAX;
      }
      scheduler.after(delayMs, `${kind.label} arrives`, undefined, arrive);
    });
  }

  /** Nothing that these callers ask arrives for a while. */
  cutOff(who: (actor: Actor) => boolean, forMs: number): void {
    this.#cutOff.push({ who, untilMs: this.#scheduler.nowMs + forMs });
  }

  /** Everybody reaches the server again. */
  heal(): void {
    this.pausedUntilMs = 0;
    this.#cutOff = [];
  }

  /** All connections break: what has not arrived never does, what is not durable is answered by nobody. */
  breakAll(): void {
    this.#generation++;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.fail();
  }

  #answerWhenDurable(kind: CallKind, answer: () => void, fail: () => void): void {
    const { mark, durableMark, flush, flushMsMax } = this.#flushing;
    if (flushMsMax === 0) flush();
    const reached = mark();
    if (reached <= durableMark() || !(kind.writes || kind.waitsForFlush)) answer();
    else this.#waiters.push({ mark: reached, answer, fail });
    if (reached > durableMark()) this.#planFlush();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    const delayMs = this.#scheduler.random.fraction() * this.#flushing.flushMsMax;
    this.#scheduler.after(delayMs, "flush", undefined, () => {
      this.#flushPlanned = false;
      this.#flushing.flush();
      const ready = this.#waiters.filter((waiter) => waiter.mark <= this.#flushing.durableMark());
      this.#waiters = this.#waiters.filter((waiter) => waiter.mark > this.#flushing.durableMark());
      for (const waiter of ready) waiter.answer();
    });
  }
}
