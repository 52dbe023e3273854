/**
 * Who a wire message is about. By the Segment spec a person is named by anonymousId and userId on every call, and by the
 * traits of an identify call or those in any call's context: e-mail, phone, and the loyalty card as `loyaltyCard`.
 * Properties of a track call are about the event and name nobody; neither do a group's traits. An id that breaks the
 * rules is a problem; an e-mail address, phone or card that does is an ordinary trait, since no sale is worth losing over
 * a mistyped address.
 */
import { identifierCharsMax } from "../limits.ts";
import type { EventType } from "../model/event.ts";
import { parseIdentifier } from "../model/identifier-rules.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import { type Identifier, TRAIT_KINDS, type TraitKind, type TraitName, WIRE_NAMES } from "../model/identifier.ts";
import type { Origin, Problem } from "../shard/port.ts";
import { verifyIdentityToken } from "./identity-token.ts";
import type { IdentityClaims } from "./identity-token.ts";

export interface IdentityRules {
  readonly identifiers: IdentifierRules;
  /** Take a browser's word for who somebody is. */
  readonly trustBrowsers: boolean;
  /** The brand's server keys: what it signs identity tokens with. */
  readonly serverKeys: readonly string[];
}

type NamedTraits = { readonly [name in TraitName]?: string | number | null };

/** The parts of a message that name somebody. */
export interface NamingMessage {
  readonly anonymousId?: string | null;
  readonly userId?: string | null;
  readonly previousId?: string;
  readonly traits?: NamedTraits | null;
  readonly context?: { readonly traits?: NamedTraits | null } | null;
}

/** In the order of IDENTIFIER_KINDS, at least one; or what is wrong. */
export function eventIdentifiers(
  type: EventType,
  message: NamingMessage,
  rules: IdentifierRules,
): readonly Identifier[] | Problem {
  const identifiers: Identifier[] = [];
  // An alias says that whoever was `previousId` is now `userId`.
  const anonymousField = type === "alias" ? "/previousId" : "/anonymousId";
  const anonymousId = type === "alias" ? message.previousId : message.anonymousId;
  if (anonymousId != null) {
    const identifier = parseIdentifier("anonymous", anonymousId, rules);
    if ("problem" in identifier) return notAnId(anonymousField, identifier.problem);
    identifiers.push(identifier);
  }
  if (message.userId != null) {
    const identifier = parseIdentifier("user", message.userId, rules);
    if ("problem" in identifier) return notAnId("/userId", identifier.problem);
    identifiers.push(identifier);
  }
  const traits = type === "identify" ? message.traits : undefined;
  const contextTraits = message.context?.traits;
  if (traits != null || contextTraits != null)
    for (const kind of TRAIT_KINDS) {
      const name = WIRE_NAMES[kind];
      addTrait(identifiers, kind, traits?.[name] ?? contextTraits?.[name], rules);
    }
  return identifiers.length > 0 ? identifiers : NO_IDENTIFIER;
}

const NO_IDENTIFIER: Problem = {
  code: "no_identifier",
  field: "/anonymousId",
  message: `The event names nobody: anonymousId, userId, or one of ${TRAIT_KINDS.map((kind) => WIRE_NAMES[kind]).join(", ")} in the traits is required; a phone number in E.164.`,
};

function addTrait(
  identifiers: Identifier[],
  kind: TraitKind,
  raw: string | number | null | undefined,
  rules: IdentifierRules,
): void {
  if (raw == null || raw === "") return;
  const identifier = parseIdentifier(kind, String(raw), rules);
  if (!("problem" in identifier)) identifiers.push(identifier);
}

function notAnId(field: string, problem: string): Problem {
  return {
    code: "invalid_field",
    field,
    message: `${field} must be a text of 1 to ${identifierCharsMax} characters; it is ${problem}.`,
  };
}

export interface Proof {
  readonly identifiers: readonly Identifier[];
  readonly proved: boolean;
}

/**
 * Whether the sender may speak for these identifiers. With an identity token those that it does not cover are left out:
 * they stay in the traits, and cannot be claimed beside one that is proved. It says who is logged in, not which visitor
 * the browser is: anonymousIds are no secret, so that one counts beside it only where its visitor token was shown, or the
 * gateway gave it to this very socket. Else the event is its user's alone, and the visitor's profile stays as it is.
 */
export function proveIdentifiers(
  identifiers: readonly Identifier[],
  token: string | null | undefined,
  origin: Origin,
  rules: IdentityRules,
): Proof {
  if (origin.trusted || rules.trustBrowsers) return { identifiers, proved: true };
  if (token == null) return { identifiers, proved: false };
  const claims = verifyIdentityToken(rules.serverKeys, token, origin.receivedAt);
  if (claims === undefined) return { identifiers, proved: false };
  const covered = identifiers.filter((identifier) =>
    identifier.kind === "anonymous"
      ? identifier.value === origin.visitor
      : covers(claims, identifier, rules.identifiers),
  );
  return covered.some(({ kind }) => kind !== "anonymous")
    ? { identifiers: covered, proved: true }
    : { identifiers, proved: false };
}

function covers(claims: IdentityClaims, { kind, value }: Identifier, rules: IdentifierRules): boolean {
  const claimed = kind === "anonymous" ? undefined : claims[WIRE_NAMES[kind]];
  if (claimed === undefined) return false;
  const identifier = parseIdentifier(kind, claimed, rules);
  return "value" in identifier && identifier.value === value;
}
