/**
 * What a person is known by. An identifier is normalised once, at the edge (gateway), and compared as text ever after.
 * `IDENTIFIER_KINDS` is also the order in which an event is routed: the first kind present names its home; of a receipt
 * it is the card, where there is one. Records and rows keep a kind by its place there: a new one comes last, the eighth at
 * most.
 */
import type { JsonObject } from "./event.ts";
import type { Brand } from "./ids.ts";

export const IDENTIFIER_KINDS = ["anonymous", "user", "email", "phone", "card", "telegram"] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

export interface Identifier {
  readonly kind: IdentifierKind;
  /**
   * Normalised: trimmed; e-mail in lower case; phone in E.164; card without spaces and dashes, upper case; of a private chat
   * of Telegram its id, in digits.
   */
  readonly value: string;
}

/** What each is called on the wire: an id of every call, or else a trait. */
export const WIRE_NAMES = {
  anonymous: "anonymousId",
  user: "userId",
  email: "email",
  phone: "phone",
  card: "loyaltyCard",
  telegram: "telegram",
} as const satisfies Readonly<Record<IdentifierKind, string>>;
export type WireName = (typeof WIRE_NAMES)[IdentifierKind];

/** What a person is reached by, and says of themselves as a trait. */
export type TraitKind = Exclude<IdentifierKind, "anonymous" | "user">;
export type TraitName = (typeof WIRE_NAMES)[TraitKind];
export const TRAIT_KINDS: readonly TraitKind[] = IDENTIFIER_KINDS.filter(isTraitKind);

function isTraitKind(kind: IdentifierKind): kind is TraitKind {
  return kind !== "anonymous" && kind !== "user";
}

/** The fields of a track call by which it is of this person. */
export function namedOnWire({ kind, value }: Identifier): JsonObject {
  const named = { [WIRE_NAMES[kind]]: value };
  return isTraitKind(kind) ? { context: { traits: named } } : named;
}

/** `kind:value`, the key of an identity cell. */
export type CellKey = Brand<string, "CellKey">;

export function cellKey(identifier: Identifier): CellKey {
  return `${identifier.kind}:${identifier.value}` as CellKey;
}
