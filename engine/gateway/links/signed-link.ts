/**
 * What a link in a message may do, and for whom, signed so that nobody can make, change or guess one: a kind, fields of
 * plain letters, and a 128-bit HMAC-SHA256 over both (RFC 2104), by the secret that signs visitor tokens, apart from them
 * by its first words. A link is a capability of one person: it is shown to nobody but them, in no log and no Referer.
 * Form: `KIND.FIELD.FIELD...MAC`, all of `A-Z a-z 0-9 _ -`, which no mail program breaks. Pure.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { linkCharsMax } from "../../limits-of-delivery.ts";

/** Keeps this use of the secret apart from any other. */
const PURPOSE = "vif link v1\n";

/** 22 letters of base64url: 2^128 guesses. */
const MAC_BYTES = 16;
const MAC_CHARS = 22;
const FIELD = /^[A-Za-z0-9_-]*$/;

export interface SignedLink {
  readonly kind: string;
  readonly fields: readonly string[];
}

/**
 * @param about a text that is signed with it and travels beside: where a click leads
 * @throws TypeError for a field of other letters: that is a mistake of the program
 */
export function signLink(secret: string, { kind, fields }: SignedLink, about = ""): string {
  const strange = [kind, ...fields].find((field) => !FIELD.test(field));
  if (strange !== undefined) throw new TypeError("a link's fields are letters, digits, _ and - only");
  const text = [kind, ...fields].join(".");
  return `${text}.${mac(secret, text, about)}`;
}

/**
 * What was signed, or undefined: forged, of another kind, broken.
 * @param secrets the present one first, then those still honoured
 */
export function verifyLink(
  secrets: readonly string[],
  { kind, link, about = "" }: { readonly kind: string; readonly link: string; readonly about?: string },
): readonly string[] | undefined {
  if (link.length > linkCharsMax) return undefined;
  const end = link.lastIndexOf(".");
  const text = link.slice(0, Math.max(end, 0));
  const shown = link.slice(end + 1);
  if (shown.length !== MAC_CHARS || !FIELD.test(shown)) return undefined;
  const [said, ...fields] = text.split(".");
  if (said !== kind) return undefined;
  // As text: base64url has several spellings of the same bytes, and a link has one.
  const signature = Buffer.from(shown, "latin1");
  const isOurs = secrets.some((secret) => timingSafeEqual(signature, Buffer.from(mac(secret, text, about), "latin1")));
  return isOurs ? fields : undefined;
}

function mac(secret: string, text: string, about: string): string {
  const hmac = createHmac("sha256", secret).update(PURPOSE).update(text).update("\n").update(about, "utf8");
  return hmac.digest().subarray(0, MAC_BYTES).toString("base64url");
}
