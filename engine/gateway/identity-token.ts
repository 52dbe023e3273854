/**
 * The brand's own word for who is logged in: its server signs the identifiers of its customer with a server key, its page
 * passes the token on as `identityToken` of an event. Only then may a browser's event merge with, or read, a known
 * profile. The token covers just what it names: an e-mail address beside a token for a userId stays a trait. That the
 * browser is the visitor whose anonymousId it sends, the visitor token says (visitor-token.ts): with both, what the visitor
 * did before becomes the customer's; without it the event is the customer's alone. Libraries that know no visitor token,
 * as @segment/analytics-next, have their visitors joined by the brand's server: an identify with both ids.
 *
 * Form: `v1.<claims>.<HMAC-SHA256>`, both parts in base64url; claims is the JSON of `IdentityClaims`. On the brand's server,
 * in two lines (Node here; any language with HMAC does):
 *
 *     const claims = Buffer.from(JSON.stringify({ userId: "u9", expiresAt: Date.now() + 3600_000 })).toString("base64url");
 *     const token = `v1.${claims}.${createHmac("sha256", serverKey).update(`vif identity token v1\n${claims}`).digest("base64url")}`;
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { identifierCharsMax, tokenCharsMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";

const Id = Type.Optional(Type.String({ minLength: 1, maxLength: identifierCharsMax }));

const IdentityClaims = Type.Object({
  userId: Id,
  email: Id,
  phone: Id,
  loyaltyCard: Id,
  telegram: Id,
  /** Milliseconds since 1970; a token without it does not end. */
  expiresAt: Type.Optional(Type.Number()),
});
export type IdentityClaims = Static<typeof IdentityClaims>;

const claimsValidator = Compile(IdentityClaims);
const PURPOSE = "vif identity token v1\n";

export function signIdentityToken(serverKey: string, claims: IdentityClaims): string {
  const text = Buffer.from(JSON.stringify(claims), "utf8").toString("base64url");
  return `v1.${text}.${mac(serverKey, text).toString("base64url")}`;
}

/** What the brand's server vouches for at `at`, or undefined when no server key made the token or it has ended. */
export function verifyIdentityToken(
  serverKeys: readonly string[],
  token: string,
  at: Instant,
): IdentityClaims | undefined {
  if (token.length > tokenCharsMax) return undefined;
  const [version, text, signature, ...rest] = token.split(".");
  if (version !== "v1" || text === undefined || signature === undefined || rest.length > 0) return undefined;
  const shown = Buffer.from(signature, "base64url");
  if (!serverKeys.some((key) => sameBytes(shown, mac(key, text)))) return undefined;
  const claims = claimsOf(text);
  return claims === undefined || (claims.expiresAt !== undefined && claims.expiresAt <= at) ? undefined : claims;
}

function claimsOf(text: string): IdentityClaims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return claimsValidator.Check(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function mac(key: string, text: string): Buffer {
  return createHmac("sha256", key).update(PURPOSE).update(text).digest();
}
