/**
 * Whose turn it is to reconcile: one node at a time, by a document of history that its holder renews. As with shards, who
 * waits takes it when it has seen it stand still for long enough by its own monotonic clock: no clocks are compared, and one
 * that was set back is nobody's trouble. Two that reconcile at once would do no harm, only the work twice.
 */
import type { History } from "../history/port.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { dutyRenewMs, dutyStillMs } from "../limits-of-reconcile.ts";

export interface DutyOptions {
  readonly history: Pick<History, "document" | "putDocument">;
  /** Unlike any other that may ask for it. */
  readonly holder: string;
  readonly clock: Clock;
  readonly timers: Timers;
}

export interface HeldDuty {
  /** Another has taken it, as we had not renewed it for so long. */
  readonly isLost: () => boolean;
  release(): Promise<void>;
}

const NAME = { kind: "duty", key: "night" };

/**
 * Resolves when it is ours. Rejects with HistoryUnavailable, and with the signal's reason.
 * @param onWaiting told once that another holds it
 */
export async function takeDuty(
  { history, holder, clock, timers }: DutyOptions,
  onWaiting: () => void,
  signal: AbortSignal,
): Promise<HeldDuty> {
  const pause = (): Promise<void> => new Promise((resolve) => timers.after(dutyRenewMs / 2, resolve));
  let seen: { readonly version: number; readonly sinceMs: number } | undefined;
  let hasWaited = false;
  for (;;) {
    signal.throwIfAborted();
    const standing = await history.document(NAME);
    const version = standing?.version ?? 0;
    const isFree = standing === undefined || textOf(standing.content) === "";
    if (seen?.version !== version) seen = { version, sinceMs: clock.monotonicMs() };
    if (isFree || clock.monotonicMs() - seen.sinceMs >= dutyStillMs) {
      if (await history.putDocument(NAME, bytesOf(holder), version)) return hold(version + 1);
      continue;
    }
    if (!hasWaited) onWaiting();
    hasWaited = true;
    await pause();
  }

  function hold(taken: number): HeldDuty {
    let version = taken;
    let state: "held" | "lost" | "released" = "held";
    let cancel = timers.after(dutyRenewMs, renew);
    let last: Promise<unknown> = Promise.resolve();

    function renew(): void {
      last = history
        .putDocument(NAME, bytesOf(holder), version)
        .then((isOurs) => {
          if (isOurs) version += 1;
          else state = "lost";
        })
        // Away for a while: whether it was renewed is seen the next time.
        .catch(() => undefined)
        .then(() => {
          if (state === "held") cancel = timers.after(dutyRenewMs, renew);
        });
    }
    return {
      isLost: () => state === "lost",
      async release() {
        cancel();
        await last;
        cancel();
        if (state !== "held") return;
        state = "released";
        await history.putDocument(NAME, bytesOf(""), version).catch(() => undefined);
      },
    };
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
