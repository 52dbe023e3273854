/**
 * Who may read what is decided for whom. A secret key may name anybody, by any identifier. A browser names its own visitor,
 * by the token that it was given; what it says about itself besides counts for nothing here.
 */
import { parseIdentifier } from "../model/identifier-rules.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import { type Identifier, IDENTIFIER_KINDS, WIRE_NAMES, type WireName } from "../model/identifier.ts";
import type { Problem } from "../shard/port.ts";
import type { Access } from "./keys.ts";
import { problemOf } from "./replies.ts";

export type Named = { readonly [field in WireName]?: string | null };

export interface Person {
  readonly field: WireName;
  readonly identifier: Identifier;
}

/** The first identifier that is given, normalised; undefined when none is. */
export function namedPerson(named: Named, rules: IdentifierRules): Person | Problem | undefined {
  for (const kind of IDENTIFIER_KINDS) {
    const field = WIRE_NAMES[kind];
    const raw = named[field];
    if (raw == null) continue;
    const identifier = parseIdentifier(kind, raw, rules);
    if ("problem" in identifier)
      return problemOf("invalid_field", `/${field}`, `/${field} must identify somebody; it is ${identifier.problem}.`);
    return { field, identifier };
  }
  return undefined;
}

/** @param visitor the anonymousId whose token was shown */
export function readablePerson(
  access: Access,
  visitor: string | undefined,
  named: Person | Problem | undefined,
): Person | Problem {
  if (named !== undefined && "code" in named) return named;
  if (access.trusted)
    return (
      named ??
      problemOf(
        "no_identifier",
        "/anonymousId",
        `Name whom you ask for, by one of ${Object.values(WIRE_NAMES).join(", ")}.`,
      )
    );
  if (visitor === undefined)
    return problemOf(
      "bad_visitor_token",
      "/visitorToken",
      "A browser key reads with the visitor's token only: it comes with the answer to hello, or to the visitor's first event.",
    );
  if (named === undefined || (named.identifier.kind === "anonymous" && named.identifier.value === visitor))
    return { field: "anonymousId", identifier: { kind: "anonymous", value: visitor } };
  return problemOf("bad_visitor_token", `/${named.field}`, "The visitor token is another visitor's.");
}
