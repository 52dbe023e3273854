/**
 * Whether and when a message is tried again, by what came of the last try: exponential back-off with jitter. What is
 * surely not sent is tried again until the tries are used up; what may have been sent is sent again only where the provider
 * would know it, or where the rule says so. Pure: chance is an argument.
 */
import { attemptsMax, notCalledAgainMs, retryMsMax, retryMsMin } from "../limits-of-delivery.ts";
import type { Random } from "../model/clock.ts";
import type { Instant } from "../model/ids.ts";
import type { Pauses } from "../model/provider-settings.ts";
import type { SendIntent } from "../model/trigger.ts";
import type { AttemptOutcome } from "./letter.ts";

export interface Tried {
  readonly outcome: AttemptOutcome;
  /** Attempts until now, this one among them. */
  readonly attempts: number;
  readonly attemptedAt: Instant;
  readonly at: Instant;
  readonly intent: SendIntent;
  /** How long the provider knows a message by its id and takes it once. */
  readonly idempotentForMs: number;
  /** Of its channel; as is usual when absent. */
  readonly retries?: RetryBounds;
}

/** How often one message is tried, and the pauses in between, which grow fourfold. */
export interface RetryBounds extends Pauses {
  readonly attempts: number;
}

export const USUAL_RETRIES: RetryBounds = { attempts: attemptsMax, firstMs: retryMsMin, longestMs: retryMsMax };

/** undefined: this is the end of it. */
export function againAt(tried: Tried, random: Random): Instant | undefined {
  const { outcome, attempts, at, retries = USUAL_RETRIES } = tried;
  // It was nobody's fault but ours: it does not count against the message.
  if (outcome.is === "not called")
    return at + jittered(Math.min(notCalledAgainMs * 2 ** (attempts - 1), retryMsMax), random);
  if (attempts >= retries.attempts) return undefined;
  switch (outcome.is) {
    case "accepted":
    case "rejected":
    case "skipped":
      return undefined;
    case "failed":
      return at + backOffMs(attempts, retries, random);
    case "throttled":
      return at + Math.max(backOffMs(attempts, retries, random), Math.min(outcome.waitMs ?? 0, retryMsMax));
    case "unknown":
      return mayRepeat(tried) ? at + backOffMs(attempts, retries, random) : undefined;
  }
}

function mayRepeat({ intent, at, attemptedAt, idempotentForMs, retries = USUAL_RETRIES }: Tried): boolean {
  return intent.ifUnknown === "send again" || at + retries.longestMs - attemptedAt < idempotentForMs;
}

/** Four times as long each time, up to the longest. */
function backOffMs(attempts: number, { firstMs, longestMs }: RetryBounds, random: Random): number {
  return jittered(Math.min(firstMs * 4 ** (attempts - 1), longestMs), random);
}

/** Between half of it and all of it, so that those that failed together do not come again together. */
function jittered(ms: number, random: Random): number {
  return Math.ceil(ms / 2) + random.below(Math.floor(ms / 2) + 1);
}
