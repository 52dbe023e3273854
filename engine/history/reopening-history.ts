/**
 * A history that may be away when it is first wanted: it is opened by the first call that succeeds in it, and every call
 * before fails with HistoryUnavailable. An engine starts, answers and appends with its history away; only the drain waits.
 * One that is unfit is told of once, and fails every call: only a person can mend it.
 */
import { HistoryUnavailable, SetupError } from "../model/errors.ts";
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
    watermarks: async () => (await opened()).watermarks(),
    drain: async (writes) => (await opened()).drain(writes),
    records: async (shard, after, limit) => (await opened()).records(shard, after, limit),
    async *events(scan) {
      yield* (await opened()).events(scan);
    },
    seals: async (shard, after) => (await opened()).seals(shard, after),
    document: async (name) => (await opened()).document(name),
    documents: async (kind, limit) => (await opened()).documents(kind, limit),
    putDocument: async (name, content, from) => (await opened()).putDocument(name, content, from),
    snapshot: async (shard) => (await opened()).snapshot(shard),
    snapshotPage: async (name, page) => (await opened()).snapshotPage(name, page),
    putSnapshotPage: async (name, page, content) => (await opened()).putSnapshotPage(name, page, content),
    finishSnapshot: async (head, kept) => (await opened()).finishSnapshot(head, kept),
    countAged: async (scan) => (await opened()).countAged(scan),
    removePeople: async (shard, people) => (await opened()).removePeople(shard, people),
    removeAged: async (scan, limit) => (await opened()).removeAged(scan, limit),
    replaceRecords: async (shard, kind, records) => (await opened()).replaceRecords(shard, kind, records),
    forgetSeals: async (shard, upTo) => (await opened()).forgetSeals(shard, upTo),
    compact: async (acceptedBefore) => (await opened()).compact(acceptedBefore),
    copyTo: async (file) => (await opened()).copyTo(file),
    recordsOf: async (kinds) => (await opened()).recordsOf(kinds),
    latestOf: async (kinds, most, behind) => (await opened()).latestOf(kinds, most, behind),
    countEvents: async (names) => (await opened()).countEvents(names),
    receipt: async (digest) => (await opened()).receipt(digest),
    totals: async () => (await opened()).totals(),
    people: async (words, limit) => (await opened()).people(words, limit),
    rebuildPeople: async () => (await opened()).rebuildPeople(),
    transitions: async () => (await opened()).transitions(),
    async close() {
      refusal ??= "The history is closed.";
      const history = await opening?.catch(() => undefined);
      await history?.close();
    },
  };
}
