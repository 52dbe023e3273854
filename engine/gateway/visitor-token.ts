/**
 * The token that makes an anonymousId its visitor's own. The gateway signs it where it makes the id itself, or where an
 * event was the first that anybody sent of that id; whoever shows it may read what is decided for that visitor, and nobody
 * else's. It never ends by itself: a new secret ends all of them (the old one may be kept as a second for a while).
 * Form: `v1.<anonymousId>.<HMAC-SHA256>`, both parts in base64url; RFC 2104, RFC 4648.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { tokenCharsMax } from "../limits.ts";

/** Keeps this use of the secret apart from any other. */
const PURPOSE = "vif visitor token v1\n";

export function signVisitorToken(secret: string, anonymousId: string): string {
  return `v1.${Buffer.from(anonymousId, "utf8").toString("base64url")}.${mac(secret, anonymousId).toString("base64url")}`;
}

/**
 * The anonymousId that the token was signed for, or undefined.
 * @param secrets the present one first, then those still honoured
 */
export function verifyVisitorToken(secrets: readonly string[], token: string): string | undefined {
  if (token.length > tokenCharsMax) return undefined;
  const [version, id, signature, ...rest] = token.split(".");
  if (version !== "v1" || id === undefined || signature === undefined || rest.length > 0) return undefined;
  const anonymousId = Buffer.from(id, "base64url").toString("utf8");
  const shown = Buffer.from(signature, "base64url");
  for (const secret of secrets) {
    const expected = mac(secret, anonymousId);
    if (shown.length === expected.length && timingSafeEqual(shown, expected)) return anonymousId;
  }
  return undefined;
}

function mac(secret: string, anonymousId: string): Buffer {
  return createHmac("sha256", secret).update(PURPOSE).update(anonymousId, "utf8").digest();
}
