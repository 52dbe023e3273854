/** Waiting for what somebody else does: an owner that stores, a drain that goes on. */
import { lookMsMax, lookMsMin } from "../limits-of-reconcile.ts";

/** Looks at once, soon again, and then ever more rarely. @returns whether it came to hold in time */
export async function lookUntil(
  holds: () => Promise<boolean>,
  { pause, msMax }: { readonly pause: (delayMs: number) => Promise<void>; readonly msMax: number },
): Promise<boolean> {
  for (let waitedMs = 0, delayMs = lookMsMin; ; delayMs = Math.min(delayMs * 2, lookMsMax)) {
    if (await holds()) return true;
    if (waitedMs >= msMax) return false;
    await pause(delayMs);
    waitedMs += delayMs;
  }
}
