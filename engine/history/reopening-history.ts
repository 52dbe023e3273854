/**
 * A history that may be away when it is first wanted: it is opened by the first call that succeeds in it, and every call
 * before fails with HistoryUnavailable. An engine starts, answers and appends with its history away; only the drain waits.
 * One that is unfit is told of once, and fails every call: only a person can mend it.
 */
import { HistoryUnavailable, SetupError } from "../model/errors.ts";
import { callOf, passedOn } from "./passed-on.ts";
import type { History } from "./port.ts";

/** @param open rejects with HistoryUnavailable while the history is away, with SetupError when it is unfit */
export function createReopeningHistory(
  open: () => Promise<History>,
  onUnfit: (problem: SetupError) => void = () => undefined,
): History {
  let opening: Promise<History> | undefined;
  let refusal: string | undefined;

  function opened(): Promise<History> {
    if (refusal !== undefined) return Promise.reject(new HistoryUnavailable(refusal));
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      if (!(error instanceof SetupError)) throw error;
      refusal = error.message;
      onUnfit(error);
      throw new HistoryUnavailable(error.message, { cause: error });
    });
    return opening;
  }

  return {
    ...passedOn(async (call, words) => callOf(await opened(), call, words)),
    async *events(scan) {
      yield* (await opened()).events(scan);
    },
    async close() {
      refusal ??= "The history is closed.";
      const history = await opening?.catch(() => undefined);
      await history?.close();
    },
  };
}
