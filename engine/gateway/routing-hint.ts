/**
 * Where an event probably belongs, read off its bytes without parsing them: the gateway's thread has 0.2 microseconds for
 * this where JSON.parse takes two. The shard parses properly and corrects a wrong hint, so this may be fooled (by the same
 * key inside `properties`, say) and must only be right nearly always, never throw, and never be used to decide who may
 * see something.
 */
import type { Identifier } from "../model/identifier.ts";
import { soughtKey, textBeside } from "./key-search.ts";

const ANONYMOUS_ID = soughtKey("anonymousId");
const PREVIOUS_ID = soughtKey("previousId");
const USER_ID = soughtKey("userId");

/**
 * The identifier that most likely routes this event: its anonymousId, else an alias's previousId, which is one too, else
 * its userId; undefined when none stands there as a text.
 */
export function routingHint(body: Uint8Array): Identifier | undefined {
  const anonymous = textBeside(body, ANONYMOUS_ID) ?? textBeside(body, PREVIOUS_ID);
  if (anonymous !== undefined) return { kind: "anonymous", value: anonymous };
  const user = textBeside(body, USER_ID);
  return user === undefined ? undefined : { kind: "user", value: user };
}

/** The identifier that routes this event after a switch, when its anonymousId stays with somebody else: its userId. */
export function switchRoutingHint(body: Uint8Array): Identifier | undefined {
  const user = textBeside(body, USER_ID);
  return user === undefined ? undefined : { kind: "user", value: user };
}
