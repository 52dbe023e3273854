/**
 * A past that is long over, brought into a history as journals were drained into it then, day by day, each day accepted on
 * that day: what no engine can be made to take in today. One person has one anonymous id.
 */
import { createClock } from "../../engine/create-clock.ts";
import { createDrainer } from "../../engine/history/drain.ts";
import type { History } from "../../engine/history/port.ts";
import type { EventName } from "../../engine/model/event.ts";
import { digestText, slotOfCell } from "../../engine/model/hash.ts";
import { cellKey, type Identifier } from "../../engine/model/identifier.ts";
import {
  createProfileId,
  type Instant,
  type PlanDigest,
  type ProfileId,
  type ShardId,
  shardOfSlot,
  type SourceId,
} from "../../engine/model/ids.ts";
import { encodeBatch } from "../../engine/model/record-codec.ts";
import type { JournalRecord } from "../../engine/model/record.ts";
import type { StoredBatch } from "../../engine/store/port.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Records of one instant, and of one write of a drain: seals then lie across where snapshots end. */
const BATCH_RECORDS = 10;

/** What somebody does. */
export interface Deed {
  readonly name: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

export interface PastOptions {
  /** The midnight that it ends with. */
  readonly now: Instant;
  readonly days: number;
  /** Something happens on each so manieth day only. */
  readonly everyDays: number;
  readonly shards: number;
  readonly people: number;
  /** The rules that were in force. */
  readonly plan: PlanDigest;
  /** By `visitor-N`; on the first day everybody does something. */
  readonly deedsOn: (day: number, n: number) => readonly Deed[];
}

interface Person {
  readonly n: number;
  readonly id: ProfileId;
  readonly visitor: Identifier;
}

export class LongPast {
  readonly #options: PastOptions;
  readonly #people: readonly (readonly Person[])[];

  constructor(options: PastOptions) {
    const { now, days, shards, people } = options;
    this.#options = options;
    const byShard = Array.from({ length: shards }, () => [] as Person[]);
    for (let n = 0; n < people; n++) {
      const visitor: Identifier = { kind: "anonymous", value: `visitor-${n}` };
      const slot = slotOfCell(cellKey(visitor));
      byShard[shardOfSlot(slot, shards)]?.push({ id: createProfileId(slot, now - days * DAY_MS, n), visitor, n });
    }
    this.#people = byShard;
  }

  /** All of it up to the end of a day that history has not got yet. */
  async drainUpTo(history: History, days = this.#options.days): Promise<void> {
    const { shards } = this.#options;
    const journals = Array.from({ length: shards }, (_, shard) => this.#batchesUpTo(shard as ShardId, days));
    const lastOf = (shard: ShardId): number => {
      const last = journals[shard]?.at(-1);
      return last === undefined ? 0 : last.firstPosition + last.count - 1;
    };
    const drainer = createDrainer({
      store: {
        journal: {
          last: async (shard) => lastOf(shard),
          read: async (shard, after) =>
            (journals[shard] ?? []).filter(({ firstPosition }) => firstPosition > after).slice(0, 40),
          trim: async () => undefined,
        },
        state: { loadMeta: async () => undefined },
      },
      history,
      shards: () => Array.from({ length: shards }, (_, shard) => ({ shard: shard as ShardId, epoch: 1 })),
      clock: createClock(),
      timers: { after: () => () => undefined },
    });
    await drainer.flush();
    await drainer.close();
  }

  /** How often something was done, from a day on. */
  count(name: string, fromDay = 0): number {
    const { days, everyDays, people, deedsOn } = this.#options;
    let count = 0;
    for (let day = 0; day < days; day += everyDays)
      for (let n = 0; day >= fromDay && n < people; n++)
        count += deedsOn(day, n).filter((deed) => deed.name === name).length;
    return count;
  }

  /** All batches of a shard up to the end of a day. */
  #batchesUpTo(shard: ShardId, days: number): readonly StoredBatch[] {
    const { now, everyDays, plan } = this.#options;
    const start = now - this.#options.days * DAY_MS;
    const batches: StoredBatch[] = [];
    let position = 0;
    const put = (records: readonly JournalRecord[], instant: Instant): void => {
      const firstPosition = position + 1;
      const batch = encodeBatch({ firstPosition, instant, records: [...records] });
      batches.push({ firstPosition, count: records.length, epoch: 1, bytes: batch });
      position += records.length;
    };
    put([{ kind: "plan", digest: plan }], start);
    for (let day = 0; day < days; day += everyDays) {
      const records = this.#recordsOf(shard, day);
      for (let from = 0; from < records.length; from += BATCH_RECORDS)
        put(records.slice(from, from + BATCH_RECORDS), start + day * DAY_MS + HOUR_MS);
    }
    return batches;
  }

  #recordsOf(shard: ShardId, day: number): readonly JournalRecord[] {
    const { now, days, deedsOn } = this.#options;
    const at = now - (days - day) * DAY_MS + HOUR_MS;
    return (this.#people[shard] ?? []).flatMap((person) =>
      deedsOn(day, person.n).map((deed, index) =>
        eventOf(person, deed, { at: at + person.n + index, creates: day === 0 && index === 0 }),
      ),
    );
  }
}

function eventOf(
  { id, visitor }: Person,
  { name, fields }: Deed,
  { at, creates }: { readonly at: Instant; readonly creates: boolean },
): JournalRecord {
  const messageId = `${name}-${at}-${id.slice(14)}`;
  const body = JSON.stringify({ fields });
  return {
    kind: "event",
    profile: id,
    creates,
    event: {
      type: "track",
      name: name as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: digestText(body).low,
      identifiers: [visitor],
      proved: true,
      timestamp: at,
      fields,
      body,
    },
  };
}

/** Some kilobytes, so that what goes is of many blocks of a file. */
const SAID = Array.from({ length: 997 }, (_, n) =>
  Array.from({ length: 200 }, (_each, i) => ((n + 1) * 7919 * (i + 3) ** 3).toString(36)).join(" "),
);

/** Another one for each of a thousand. */
export function longText(n: number): string {
  return SAID[n % SAID.length] ?? "";
}
