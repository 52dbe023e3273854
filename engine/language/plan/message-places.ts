/** The places of a page in which triggers show their messages, whether a content has them or not. */
import { USUAL_SLOT } from "../../model/message.ts";
import { decodePlan } from "./plan-bytes.ts";

/** @throws PlanBytesError */
export function messagePlaces(bytes: Uint8Array): ReadonlySet<string> {
  const { triggers = [] } = decodePlan(bytes);
  return new Set(triggers.flatMap(({ send: { by, slot = USUAL_SLOT } }) => (by.includes("web") ? [slot] : [])));
}
