/**
 * Many events in one request or frame: cut apart as bytes, each on its own way in order, and one outcome each. One bad event
 * spoils no other; only a batch that cannot be cut apart, or has too many events, is refused as a whole.
 */
import { malformedJson } from "./json-fault.ts";
import { batchEventsMax } from "../limits.ts";
import type { Problem } from "../shard/port.ts";
import type { Completion } from "./event-bytes.ts";
import type { Intake, Sender } from "./intake.ts";
import { arrayEntries } from "./json-slices.ts";
import type { Slice } from "./json-slices.ts";
import { problemOf } from "./replies.ts";
import type { EventOutcome } from "./replies.ts";

export interface Batch {
  readonly bytes: Uint8Array;
  readonly entries: readonly Slice[];
  readonly completion: Completion;
}

/** @param members of the batch's own object, as cut by json-slices.ts */
export function parseBatch(bytes: Uint8Array, members: ReadonlyMap<string, Slice>): Batch | Problem {
  const entries = batchEntries(bytes, members, batchEventsMax);
  if ("code" in entries) return entries;
  const sentAt = partOf(bytes, members.get("sentAt"));
  const context = partOf(bytes, members.get("context"));
  return {
    bytes,
    entries,
    completion: { ...(sentAt === undefined ? {} : { sentAt }), ...(context === undefined ? {} : { context }) },
  };
}

/** The entries of the object's `batch`, as slices of its bytes. */
export function batchEntries(
  bytes: Uint8Array,
  members: ReadonlyMap<string, Slice>,
  entriesMax: number,
): readonly Slice[] | Problem {
  const slice = members.get("batch");
  if (slice === undefined) return problemOf("missing_field", "/batch", "/batch is required.");
  if (bytes[slice.start] !== 91) return problemOf("invalid_field", "/batch", "/batch must be of type array.");
  const entries = arrayEntries(bytes, slice, entriesMax);
  if (entries === undefined) return { ...malformedJson(bytes), field: "/batch" };
  if (entries.length > entriesMax)
    return problemOf("too_large", "/batch", `/batch must have at most ${entriesMax} entries.`);
  return entries;
}

function partOf(bytes: Uint8Array, slice: Slice | undefined): Uint8Array | undefined {
  return slice === undefined ? undefined : bytes.subarray(slice.start, slice.end);
}

/** `done` gets the outcomes in the order of the batch, when all are there. */
export function submitBatch(
  intake: Intake,
  sender: Sender,
  batch: Batch,
  done: (outcomes: readonly EventOutcome[]) => void,
): void {
  const { bytes, entries, completion } = batch;
  if (entries.length === 0) return queueMicrotask(() => done([]));
  const outcomes: EventOutcome[] = new Array<EventOutcome>(entries.length);
  let waiting = entries.length;
  entries.forEach(({ start, end }, index) => {
    intake.submit(sender, bytes.subarray(start, end), completion, (outcome) => {
      outcomes[index] = outcome;
      if (--waiting === 0) done(outcomes);
    });
  });
}
