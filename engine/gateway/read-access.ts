/**
 * Who may read what is decided for whom. A secret key may name anybody, by any identifier. A browser names its own visitor,
 * by the token that it was given; what it says about itself besides counts for nothing here.
 */
import { parseIdentifier } from "../model/identifier-rules.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Identifier, IdentifierKind } from "../model/identifier.ts";
import type { Problem } from "../shard/port.ts";
import type { Access } from "./keys.ts";
import { problemOf } from "./replies.ts";

/** The wire's names, in the order in which they are looked at. */
export const IDENTIFIER_FIELDS = [
  ["anonymousId", "anonymous"],
  ["userId", "user"],
  ["email", "email"],
  ["phone", "phone"],
  ["loyaltyCard", "card"],
] as const satisfies readonly (readonly [string, IdentifierKind])[];

export type IdentifierField = (typeof IDENTIFIER_FIELDS)[number][0];

export type Named = { readonly [field in IdentifierField]?: string | null };

export interface Person {
  readonly field: IdentifierField;
  readonly identifier: Identifier;
}

/** The first identifier that is given, normalised; undefined when none is. */
export function namedPerson(named: Named, rules: IdentifierRules): Person | Problem | undefined {
  for (const [field, kind] of IDENTIFIER_FIELDS) {
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
        "Name whom you ask for: anonymousId, userId, email, phone or loyaltyCard.",
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
