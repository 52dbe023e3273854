/** The streams of a plan: what each is of, with the code that tells what an event contributes. */
import type { EventName } from "../../model/event.ts";
import { hashText } from "../../model/hash.ts";
import type { StreamDefinition } from "../../model/plan.ts";
import type { PlanSource } from "../plan/checked.ts";
import { streamKey } from "../plan/print.ts";
import { generateStreams } from "./generate-streams.ts";

export function createStreams(source: PlanSource): readonly StreamDefinition[] {
  const contributions = generateStreams(source);
  return source.streams.map((stream, index) => {
    const key = streamKey(stream, source);
    const contribution = contributions[index];
    if (contribution === undefined) throw new RangeError(`stream ${index} has no code`);
    return {
      id: hashText(key),
      key,
      event: stream.event as EventName,
      contribution,
      reads: [...new Set(fieldsIn([stream.property, stream.where]))],
      ...(stream.property !== null && { valueType: stream.property.type }),
      ...(stream.texts === true && { keepsTexts: true as const }),
    };
  });
}

/** Paths stand as such in the tree, whatever reads them. */
function fieldsIn(part: unknown): readonly string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, inner]: [string, unknown]) =>
    name === "path" && Array.isArray(inner) ? [String(inner[0])] : fieldsIn(inner),
  );
}
