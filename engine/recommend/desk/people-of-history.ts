/** What people did with products, person after person, from history. One person is in memory at a time. */
import { eventsIn } from "../../history/port.ts";
import type { History } from "../../history/port.ts";
import type { Event } from "../../model/event.ts";
import type { ProfileId } from "../../model/ids.ts";
import { decodeRecord } from "../../model/record-codec.ts";
import { LEARNED_EVENTS } from "../interactions/gather-interactions.ts";

export interface PersonEvents {
  readonly profile: ProfileId;
  readonly events: readonly Event[];
}

/** Rejects with HistoryUnavailable. @param onEvents told how many more events have been read */
export async function* peopleOfHistory(
  history: Pick<History, "events">,
  onEvents: (events: number) => void,
): AsyncGenerator<PersonEvents> {
  let profile: ProfileId | undefined;
  let events: Event[] = [];
  for await (const block of history.events({ names: LEARNED_EVENTS })) {
    let read = 0;
    for (const { person, record } of eventsIn(block)) {
      read += 1;
      const decoded = decodeRecord(record);
      if (decoded.kind !== "event") continue;
      if (profile !== undefined && person !== profile) {
        yield { profile, events };
        events = [];
      }
      profile = person;
      events.push(decoded.event);
    }
    onEvents(read);
  }
  if (profile !== undefined) yield { profile, events };
}
