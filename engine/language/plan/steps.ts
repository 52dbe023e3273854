/**
 * Long work that may be put down between its steps: a plan is loaded on the thread that answers events, which must not wait
 * for it. A step yields after at most a fraction of a millisecond of work; whoever runs it decides when to pause.
 */
export type Steps<Result> = Generator<void, Result, void>;

/** All at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

export interface Pauses {
  /** Work without a pause. */
  readonly sliceMs: number;
  readonly nowMs: () => number;
  /** Resolves when whatever has come meanwhile has had its turn. */
  readonly pause: () => Promise<void>;
}

/** Slice by slice. Rejects with what a step throws. */
export async function finishGently<Result>(steps: Steps<Result>, pauses: Pauses): Promise<Result> {
  const { sliceMs, nowMs, pause } = pauses;
  for (let begunMs = nowMs(); ; ) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (nowMs() - begunMs < sliceMs) continue;
    await pause();
    begunMs = nowMs();
  }
}
