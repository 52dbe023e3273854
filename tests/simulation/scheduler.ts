/**
 * The one thread of a simulated run. Everything that waits (a store call, a message on its way, a timer) is a step in one
 * queue ordered by virtual time and, at the same time, by chance; after each step all promises settle before the next.
 * Real time never enters. A step may have an actor: a crashed actor's steps never run, a frozen one's run when it
 * thaws, late and in any order, as after SIGSTOP. The hash over all steps run tells whether two runs were the same.
 */
import { hashText } from "../../engine/model/hash.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Something that can crash or freeze: one life of a node, from its start to its end. */
export interface Actor {
  readonly name: string;
  alive: boolean;
  /** Virtual ms until which none of its steps run. */
  frozenUntilMs: number;
}

interface Step {
  atMs: number;
  /** Chance decides among steps of the same time. */
  tie: number;
  readonly label: string;
  readonly actor: Actor | undefined;
  run: (() => void) | undefined;
}

export class Scheduler {
  readonly random: SeededRandom;
  /** Virtual milliseconds since the start of the run; fractional. */
  nowMs = 0;
  stepsRun = 0;
  /** Over the labels and times of all steps run. */
  traceHash = 0;
  /** Where each step's line goes when the run is traced. */
  readonly #trace: ((line: string) => void) | undefined;
  readonly #heap: Step[] = [];

  constructor(random: SeededRandom, trace?: (line: string) => void) {
    this.random = random;
    this.#trace = trace;
  }

  get tracing(): boolean {
    return this.#trace !== undefined;
  }

  /** A line of the trace that is no step of its own; `text` is made only when somebody reads it. */
  note(text: () => string): void {
    this.#trace?.(`${this.nowMs.toFixed(3).padStart(12)}      ${text()}`);
  }

  /** Runs `run` once, `delayMs` from now at the earliest; the returned function cancels it. */
  after(delayMs: number, label: string, actor: Actor | undefined, run: () => void): () => void {
    const step: Step = { atMs: this.nowMs + Math.max(0, delayMs), tie: this.random.fraction(), label, actor, run };
    this.#push(step);
    return () => {
      step.run = undefined;
    };
  }

  /** Runs the next step and lets all promises settle; false when nothing is left. */
  async step(): Promise<boolean> {
    for (;;) {
      const step = this.#pop();
      if (step === undefined) return false;
      const { run, actor } = step;
      if (run === undefined || actor?.alive === false) continue;
      if (step.atMs > this.nowMs) this.nowMs = step.atMs;
      if (actor !== undefined && actor.frozenUntilMs > this.nowMs) {
        step.atMs = actor.frozenUntilMs;
        step.tie = this.random.fraction();
        this.#push(step);
        continue;
      }
      this.stepsRun++;
      this.traceHash = hashText(step.label, this.traceHash ^ Math.round(this.nowMs * 1000));
      this.#trace?.(`${this.nowMs.toFixed(3).padStart(12)} ${String(this.stepsRun).padStart(5)} ${step.label}`);
      run();
      await settled();
      return true;
    }
  }

  /** Steps until `done` holds or the virtual time is reached; false when the time was reached first. */
  async runUntil(done: () => boolean, untilMs: number): Promise<boolean> {
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return done();
      }
      await this.step();
    }
    return true;
  }

  #before(a: Step, b: Step): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);
  }

  #push(step: Step): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(step);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Step;
      if (!this.#before(step, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = step;
  }

  #pop(): Step | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.#before(heap[below + 1] as Step, heap[below] as Step)) below++;
      const child = heap[below] as Step;
      if (!this.#before(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

/** Resolves when every promise that can settle has: an immediate runs only once the microtask queue is empty. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
