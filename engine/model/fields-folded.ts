/** Which fields of events a plan's fold looks at, for who reads a long past from bytes. Pure. */
import { CONSENT_EVENT } from "./consent.ts";
import { type EventName, RFM_EVENT } from "./event.ts";
import { type FieldChoice, wantFields, type WantedFields } from "./json-fields.ts";
import type { Plan } from "./plan.ts";

/** What the fold of events by a plan looks at; undefined where that is not known. */
export function fieldsFolded(plan: Plan): FieldChoice | undefined {
  const { streams } = plan;
  if (streams.some(({ reads }) => reads === undefined)) return undefined;
  const ofStreams = new Map<EventName, WantedFields | undefined>();
  return (type, name) => {
    // What people say of themselves and of consent, and what the night says of them, is read by other names.
    if (type === "identify" || type === "group" || name === CONSENT_EVENT || name === RFM_EVENT) return undefined;
    if (!ofStreams.has(name))
      ofStreams.set(name, wantFields(plan.streamsOf(name).flatMap((index) => streams[index]?.reads ?? [])));
    return ofStreams.get(name);
  };
}
