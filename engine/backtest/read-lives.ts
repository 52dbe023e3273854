/**
 * A past, read person by person: everybody's events in the order in which they happened, to somebody who begins with the
 * first and is handed on after the last. One person is in memory at a time, however long the history. Reads no clock.
 */
import { eventsIn, type History } from "../history/port.ts";
import type { Event } from "../model/event.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { FieldChoice } from "../model/json-fields.ts";
import { decodeEventToFold, decodeRecord } from "../model/record-codec.ts";

type Scan = Parameters<History["events"]>[0];

/** Who lives it. */
export interface Life<Person> {
  /** Fields of events that are looked at, where they come without identifiers; undefined: all. */
  readonly fields?: FieldChoice | undefined;
  /** Whether events come with identifiers, which takes twice as long; else they have none. */
  readonly withIdentifiers?: boolean;
  begin(id: ProfileId): Person;
  live(person: Person, event: Event): void;
  /** Told now and then how many more events have been read, those that nobody lives included. */
  onRead?(events: number): void;
}

/**
 * Gives everybody to whom anything happened, each at their end. Rejects with HistoryUnavailable.
 * @param until what happens later has not happened yet
 */
export async function* readLives<Person>(
  history: Pick<History, "events">,
  { until = Number.POSITIVE_INFINITY, ...scan }: Scan & { readonly until?: Instant },
  life: Life<Person>,
): AsyncGenerator<Person> {
  let alive: { readonly id: ProfileId; readonly person: Person } | undefined;
  for await (const block of history.events(scan)) {
    for (const { person: id, record } of eventsIn(block)) {
      const event = life.withIdentifiers === true ? wholeEvent(record) : decodeEventToFold(record, life.fields);
      if (event === undefined || event.timestamp > until) continue;
      if (alive?.id !== id) {
        if (alive !== undefined) yield alive.person;
        alive = { id, person: life.begin(id) };
      }
      life.live(alive.person, event);
    }
    life.onRead?.(block.people.length);
  }
  if (alive !== undefined) yield alive.person;
}

function wholeEvent(bytes: Uint8Array): Event | undefined {
  const record = decodeRecord(bytes);
  return record.kind === "event" ? record.event : undefined;
}
