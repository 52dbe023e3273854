/**
 * The worker's end of the live feed: while it is on, it takes what has become durable and what was decided, up to a bound a
 * period, and counts the rest. Off, the host asks one boolean a batch and an answer. Each period begins empty, so that a
 * busy second shows its first entries and says how many more there were.
 */
import { feedEntriesMax, feedFieldsCharsMax } from "../limits.ts";
import type { Clock } from "../model/clock.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
import { decodeBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { becameOf } from "../profile/port.ts";
import type { AppendRequest } from "../store/port.ts";
import type { FeedEntry, FeedSample } from "./feed-port.ts";
import type { LinkMessage } from "./link-codec.ts";

export class FeedTap {
  on = false;
  readonly #clock: Clock;
  #entries: FeedEntry[] = [];
  #skipped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A batch is durable. */
  appended({ shard, bytes, count }: Pick<AppendRequest, "shard" | "bytes" | "count">): void {
    if (!this.on) return;
    if (this.#entries.length >= feedEntriesMax) {
      this.#skipped += count;
      return;
    }
    const { firstPosition, instant, records } = decodeBatch(bytes);
    for (const [index, record] of records.entries())
      this.#add(entryOf(record, { shard, position: firstPosition + index, instant }));
  }

  /** A message goes out. */
  sent(message: LinkMessage): void {
    if (!this.on) return;
    const decided = decidedIn(message);
    if (decided !== undefined) this.#add({ is: "decided", instant: this.#clock.now(), ...decided });
  }

  /** What has come since the last call; undefined when nothing has. */
  take(): FeedSample | undefined {
    if (this.#entries.length === 0 && this.#skipped === 0) return undefined;
    const sample = { entries: this.#entries, skipped: this.#skipped };
    this.#entries = [];
    this.#skipped = 0;
    return sample;
  }

  #add(entry: FeedEntry | undefined): void {
    if (entry === undefined) return;
    if (this.#entries.length < feedEntriesMax) this.#entries.push(entry);
    else this.#skipped += 1;
  }
}

interface Place {
  readonly shard: ShardId;
  readonly position: Position;
  readonly instant: Instant;
}

/** Records between shards, and of plans, are of no interest to who watches people. */
function entryOf(record: JournalRecord, place: Place): FeedEntry | undefined {
  if (record.kind === "transition") {
    const { profile, segment, entered } = record;
    return { is: "transition", ...place, profile, segment, entered };
  }
  if (record.kind === "decided") {
    const { profile, trigger, message, intent } = record;
    return { is: "fired", ...place, profile, trigger, message, template: intent.template };
  }
  if (record.kind === "outcome") {
    const { profile, trigger, message, channel, outcome, again } = record;
    return { is: "message", ...place, profile, trigger, message, channel, became: becameOf(outcome), again };
  }
  if (record.kind === "ledger") {
    const { profile, facts, points, balance } = record;
    return { is: "receipt", ...place, profile, facts, points, balance };
  }
  if (record.kind === "receipt" && record.unclaimed !== undefined) {
    const { facts } = record.unclaimed;
    return { is: "receipt", ...place, profile: undefined, facts, points: 0, balance: 0 };
  }
  if (record.kind !== "event") return undefined;
  const { profile, event } = record;
  const { name, type, source, messageId, timestamp, identifiers } = event;
  const text = JSON.stringify(event.fields);
  const fields = text.length <= feedFieldsCharsMax ? text : undefined;
  return { is: "event", ...place, profile, name, type, source, messageId, timestamp, identifiers, fields };
}

function decidedIn(
  message: LinkMessage,
): Pick<Extract<FeedEntry, { is: "decided" }>, "profile" | "decisions"> | undefined {
  if (message.kind === "push") return { profile: message.profile, decisions: message.decisions };
  if (message.kind !== "answer") return undefined;
  const { answer } = message;
  switch (answer.is) {
    case "applied":
    case "duplicate":
      return answer.decisions && { profile: answer.profile, decisions: answer.decisions };
    case "read":
      // Whoever reads a whole profile, or looks what would be recommended, shows nobody anything.
      return answer.row === undefined && answer.view === undefined && answer.strips === undefined
        ? { profile: answer.profile, decisions: answer.decisions }
        : undefined;
    default:
      return undefined;
  }
}
