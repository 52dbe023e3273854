/** The latest event of one name of one person: what a trigger or a bonus reads of the event at hand, once none is. */
import { eventsIn, type History } from "../history/port.ts";
import type { Event, EventName } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import { decodeEventToFold } from "../model/record-codec.ts";
import type { PastPerson } from "./profile-as-of.ts";

/** Rejects with HistoryUnavailable. What is not drained yet is as if it had not happened. */
export async function latestEvent(
  history: Pick<History, "events">,
  { id, absorbed }: Pick<PastPerson, "id" | "absorbed">,
  { name, at }: { readonly name: EventName; readonly at: Instant },
): Promise<Event | undefined> {
  let latest: Event | undefined;
  for await (const block of history.events({ names: [name], profiles: [id, ...absorbed] }))
    for (const { record } of eventsIn(block)) {
      const event = decodeEventToFold(record);
      if (event === undefined || event.timestamp > at) continue;
      if (latest === undefined || event.timestamp >= latest.timestamp) latest = event;
    }
  return latest;
}
