/**
 * What a person is known by. An identifier is normalised once, at the edge (gateway), and compared as text ever after.
 * `IDENTIFIER_KINDS` is also the order in which an event is routed: the first kind present names its home; of a receipt
 * it is the card, where there is one.
 */
import type { JsonObject } from "./event.ts";
import type { Brand } from "./ids.ts";

export const IDENTIFIER_KINDS = ["anonymous", "user", "email", "phone", "card"] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

export interface Identifier {
  readonly kind: IdentifierKind;
  /** Normalised: trimmed; e-mail in lower case; phone in E.164; card without spaces and dashes, upper case. */
  readonly value: string;
}

const TRAITS: Readonly<Partial<Record<IdentifierKind, string>>> = {
  email: "email",
  phone: "phone",
  card: "loyaltyCard",
};

/** The fields of a track call by which it is of this person. */
export function namedOnWire({ kind, value }: Identifier): JsonObject {
  if (kind === "anonymous") return { anonymousId: value };
  const trait = TRAITS[kind];
  return trait === undefined ? { userId: value } : { context: { traits: { [trait]: value } } };
}

/** `kind:value`, the key of an identity cell. */
export type CellKey = Brand<string, "CellKey">;

export function cellKey(identifier: Identifier): CellKey {
  return `${identifier.kind}:${identifier.value}` as CellKey;
}
