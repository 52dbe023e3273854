/**
 * A history that may be away when it is first wanted: it is opened by the first call that succeeds in it, and every call
 * before fails with HistoryUnavailable. An engine starts, answers and appends with its history away; only the drain waits.
 */
import { HistoryUnavailable } from "../model/errors.ts";
import type { History } from "./port.ts";

/** @param open rejects with HistoryUnavailable while the history is away, with SetupError when it is unfit */
export function createReopeningHistory(open: () => Promise<History>): History {
  let opening: Promise<History> | undefined;
  let closed = false;

  async function opened(): Promise<History> {
    if (closed) throw new HistoryUnavailable("The history is closed.");
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  return {
    watermarks: async () => (await opened()).watermarks(),
    drain: async (writes) => (await opened()).drain(writes),
    records: async (shard, after, limit) => (await opened()).records(shard, after, limit),
    totals: async () => (await opened()).totals(),
    async close() {
      closed = true;
      const history = await opening?.catch(() => undefined);
      await history?.close();
    },
  };
}
