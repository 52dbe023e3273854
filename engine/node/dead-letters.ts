/**
 * Messages that have come to nothing, read from history from the latest back, and what such a reading remembers between two
 * pages: where it stands, and whose newest word it has seen. So a page costs what it holds, however far back it lies, and
 * a reading that nobody goes on with is forgotten.
 */
import type { OutboxReport } from "../control/outbox-port.ts";
import type { History, LatestRecord, RecordPlace } from "../history/port.ts";
import { outboxLookedMax, outboxReadMax, outboxReadingMsMax, outboxReadingsMax } from "../limits-of-delivery.ts";
import type { Timers } from "../model/clock.ts";
import type { Instant } from "../model/ids.ts";
import type { OutcomeRecord } from "../model/record.ts";
import { decodeRecord } from "../model/record-codec.ts";
import type { MessageId } from "../model/trigger.ts";

export type Dead = OutboxReport["dead"][number];

export interface DeadLetter {
  readonly letter: Dead;
  readonly place: RecordPlace;
}

interface Source {
  readonly history: Pick<History, "latestOf">;
  /** What came to nothing before is not kept: none of it is told. */
  readonly since: Instant;
}

export class DeadLetters {
  readonly #history: Source["history"];
  readonly #since: Instant;
  /** Of all that was read; the newest word on a message is its first here, and counts. */
  readonly #seen = new Set<MessageId>();
  /** Read and not told yet, the latest last. */
  #read: DeadLetter[] = [];
  #newest: RecordPlace | undefined;
  #oldest: RecordPlace | undefined;
  #looked = 0;
  #isAtEnd = false;

  constructor({ history, since }: Source) {
    this.#history = history;
    this.#since = since;
  }

  /** undefined: there are no more that are kept, among those of the latest `outboxLookedMax` outcomes. */
  async next(): Promise<DeadLetter | undefined> {
    return (await this.isMore()) ? this.#read.pop() : undefined;
  }

  async isMore(): Promise<boolean> {
    while (this.#read.length === 0 && !this.#isAtEnd) {
      const latest = await this.#history.latestOf(["outcome"], outboxReadMax, this.#oldest);
      this.#newest ??= latest[0];
      this.#oldest = latest.at(-1) ?? this.#oldest;
      this.#looked += latest.length;
      const isPast = this.#oldest !== undefined && this.#oldest.instant < this.#since;
      this.#isAtEnd = isPast || latest.length < outboxReadMax || this.#looked >= outboxLookedMax;
      this.#read = latest.flatMap((found) => this.#take(found.record, found)).reverse();
    }
    return this.#read.length > 0;
  }

  /** After a pause: what has become of messages meanwhile counts, and is not told by a page that is further back. */
  async catchUp(): Promise<void> {
    const changed = new Set<MessageId>();
    const newest = this.#newest;
    let behind: RecordPlace | undefined;
    for (let isSince = true; isSince; ) {
      const latest: readonly LatestRecord[] = await this.#history.latestOf(["outcome"], outboxReadMax, behind);
      if (behind === undefined) this.#newest = latest[0];
      const since = latest.filter((place) => newest === undefined || isBehind(newest, place));
      for (const { record } of since) changed.add(messageOf(record));
      behind = since.at(-1);
      isSince = since.length === outboxReadMax;
    }
    for (const message of changed) this.#seen.add(message);
    this.#read = this.#read.filter(({ letter }) => !changed.has(letter.message as MessageId));
  }

  #take(record: Uint8Array, { instant, shard, position }: RecordPlace): readonly DeadLetter[] {
    if (instant < this.#since) return [];
    const decoded = decodeRecord(record);
    if (decoded.kind !== "outcome" || this.#seen.has(decoded.message)) return [];
    this.#seen.add(decoded.message);
    const letter = deadOf(decoded, instant);
    return letter === undefined ? [] : [{ letter, place: { instant, shard, position } }];
  }
}

/** Readings that were left off at the end of a page, by the place that they go on behind. */
export class LeftOff {
  readonly #timers: Timers;
  readonly #readings = new Map<string, { readonly letters: DeadLetters; readonly forget: () => void }>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  keep(cursor: string, letters: DeadLetters): void {
    this.take(cursor);
    const [oldest] = this.#readings.keys();
    if (oldest !== undefined && this.#readings.size >= outboxReadingsMax) this.take(oldest);
    const forget = this.#timers.after(outboxReadingMsMax, () => this.#readings.delete(cursor));
    this.#readings.set(cursor, { letters, forget });
  }

  /** Nobody else has it from here on. undefined: it has been forgotten, or was another node's. */
  take(cursor: string): DeadLetters | undefined {
    const reading = this.#readings.get(cursor);
    reading?.forget();
    this.#readings.delete(cursor);
    return reading?.letters;
  }
}

function messageOf(record: Uint8Array): MessageId {
  return (decodeRecord(record) as OutcomeRecord).message;
}

/** undefined: it went out, is tried again, or was let go. */
function deadOf(record: OutcomeRecord, at: Instant): Dead | undefined {
  const { message, profile, trigger, channel, attempt: attempts, outcome, again } = record;
  if (outcome.is !== "failed" && outcome.is !== "throttled" && outcome.is !== "unknown") return undefined;
  if (again !== undefined) return undefined;
  const became = outcome.is === "throttled" ? outcome.is : `${outcome.is} ${outcome.reason}`;
  const { code } = outcome;
  return {
    message,
    profile,
    trigger,
    ...(channel !== undefined && { channel }),
    attempts,
    became,
    ...(code !== undefined && { code }),
    at,
  };
}

export function isBehind(place: RecordPlace, other: RecordPlace): boolean {
  if (place.instant !== other.instant) return place.instant < other.instant;
  return place.shard > other.shard || (place.shard === other.shard && place.position < other.position);
}
