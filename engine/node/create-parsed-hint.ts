/** By whom an event is routed that names nobody where the gateway looks: found by parsing it whole, as such events are few. */
import { parseEvent } from "../gateway/parse-event.ts";
import type { Clock } from "../model/clock.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Identifier } from "../model/identifier.ts";
import type { SourceId } from "../model/ids.ts";

export function createParsedHint(
  identifiers: IdentifierRules,
  clock: Pick<Clock, "now">,
): (body: Uint8Array) => Identifier | undefined {
  return (body) => {
    const origin = { source: "" as SourceId, trusted: true, visitor: undefined, receivedAt: clock.now() };
    const parsed = parseEvent(body, origin, { identifiers, trustBrowsers: false, serverKeys: [] });
    return "event" in parsed ? parsed.event.identifiers[0] : undefined;
  };
}
