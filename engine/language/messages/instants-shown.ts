/** What of all that messages show is a moment, and is told by the clock of its reader. Pure. */
import type { PlanSource } from "../plan/checked.ts";

/** Names of fields. */
export function instantsOf(attributes: PlanSource["attributes"]): readonly string[] {
  return attributes.flatMap(({ name, type }) => (type === "instant" ? [name] : []));
}

/** Properties of the event that sets a message off, by the template that shows them. */
export function eventInstantsOf(
  triggers: NonNullable<PlanSource["triggers"]>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    triggers.flatMap(({ send, shows = [] }) => {
      const names = shows.flatMap(({ name, type }) => (type === "instant" ? [name] : []));
      return names.length === 0 ? [] : [[send.template, names]];
    }),
  );
}
