/**
 * How an identifier is normalised, so that two spellings of one person's identifier compare as equal text ever after.
 * Used once, at the edge (gateway); what does not pass is told with its reason and is no identifier. The rules are
 * chosen for who shops: an address that mail servers do not take is refused, a rare but legal one that nobody uses too.
 * The one file that imports libphonenumber-js.
 *
 * E-mail policy: lower case throughout (no provider of note tells cases apart); local parts as RFC 5321 dot-strings,
 * ASCII or UTF-8 (RFC 6531), in NFC; domains of at least two labels, written in ASCII (UTS 46), the last label not all
 * digits. Refused on purpose: quoted local parts, comments, folding white space, address literals, bare top-level
 * domains. Whether a mailbox exists is not asked.
 */
import { domainToASCII } from "node:url";
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { identifierCharsMax } from "../limits.ts";
import { isWellFormed } from "./byte-buffer.ts";
import type { Identifier, IdentifierKind } from "./identifier.ts";

/** Whether phone numbers can be read by this country's rules. */
export function isPhoneCountry(code: string): boolean {
  return isSupportedCountry(code);
}

/** Why a text is no identifier of its kind: for people, without the text itself. */
export interface IdentifierProblem {
  readonly problem: string;
}

export interface IdentifierRules {
  /** ISO 3166 code by which phone numbers without `+` are read; without it they are refused. */
  readonly defaultCountry?: string;
}

/** RFC 5321 4.5.3.1.1. */
const localBytesMax = 64;
/** RFC 5321 4.5.3.1.3, without the angle brackets. */
const addressBytesMax = 254;
/** The longest national numbers have 15 digits; the rest is room for signs. */
const phoneCharsMax = 40;

const CONTROL = /\p{Cc}/u;
/** RFC 5322 atext, and anything beyond ASCII that is no blank, control or unassigned character (RFC 6531). */
const LOCAL_PART = /^(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|[^\p{ASCII}\p{C}\p{Z}])+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ALL_DIGITS = /^\d+$/;
/** https://core.telegram.org/bots/api#chat; those of groups are below zero. */
const TELEGRAM_CHAT = /^[1-9]\d{0,14}$/;
const BLANKS_AND_DASHES = /[\s\p{Zs}\p{Pd}]+/gu;

/**
 * @example parseIdentifier("email", " Marie@Example.FR ") // {kind: "email", value: "marie@example.fr"}
 * @example parseIdentifier("phone", "06 12 34 56 78", { defaultCountry: "FR" }) // {kind: "phone", value: "+33612345678"}
 */
export function parseIdentifier(
  kind: IdentifierKind,
  raw: string,
  rules: IdentifierRules = {},
): Identifier | IdentifierProblem {
  if (raw.length > identifierCharsMax * 2) return problem(`longer than ${identifierCharsMax} characters`);
  const text = raw.trim();
  if (text === "") return problem("empty");
  if (CONTROL.test(text) || !isWellFormed(text)) return problem("with control characters or broken ones");
  const value = normalise(kind, text, rules);
  if (typeof value !== "string") return value;
  if (value.length > identifierCharsMax) return problem(`longer than ${identifierCharsMax} characters`);
  return { kind, value };
}

function normalise(kind: IdentifierKind, text: string, rules: IdentifierRules): string | IdentifierProblem {
  switch (kind) {
    case "anonymous":
    case "user":
      return text;
    case "email":
      return normaliseEmail(text);
    case "phone":
      return normalisePhone(text, rules.defaultCountry);
    case "card": {
      const card = text.replace(BLANKS_AND_DASHES, "").toUpperCase();
      return card === "" ? problem("a card number without a letter or digit") : card;
    }
    case "telegram":
      return TELEGRAM_CHAT.test(text) ? text : problem("not the id of a private chat, which is a number above zero");
  }
}

function normaliseEmail(text: string): string | IdentifierProblem {
  const address = text.normalize("NFC").toLowerCase();
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  if (at < 1) return problem("without one @ between a name and a domain");
  if (!local.split(".").every((atom) => LOCAL_PART.test(atom)))
    return problem("with a name of other characters than letters, digits, single dots and !#$%&'*+/=?^_`{|}~-");
  const domain = asciiDomain(address.slice(at + 1));
  const labels = domain.split(".");
  const last = labels.at(-1) as string;
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label)) || ALL_DIGITS.test(last))
    return problem("with a domain that is not two or more names with dots between");
  const normalised = `${local}@${domain}`;
  if (Buffer.byteLength(local) > localBytesMax || Buffer.byteLength(normalised) > addressBytesMax)
    return problem(`with more than ${localBytesMax} bytes before the @ or ${addressBytesMax} in all`);
  return normalised;
}

/** Domains beyond ASCII are one domain with their ASCII form; "" when there is none. */
function asciiDomain(domain: string): string {
  return /^\p{ASCII}*$/u.test(domain) ? domain : domainToASCII(domain);
}

function normalisePhone(text: string, defaultCountry: string | undefined): string | IdentifierProblem {
  if (text.length > phoneCharsMax) return problem("longer than any phone number");
  const country = defaultCountry !== undefined && isSupportedCountry(defaultCountry) ? defaultCountry : undefined;
  // `extract: false` takes the whole text as a number instead of finding one in a sentence.
  const options: { extract: false; defaultCountry?: CountryCode } = { extract: false };
  if (country !== undefined) options.defaultCountry = country;
  const number = parsePhoneNumberFromString(text, options);
  // Possible, not valid: numbering plans change faster than any table of them, and a length is stable.
  if ((number === undefined || !number.isPossible()) && country === undefined && !text.startsWith("+"))
    return problem("not an international phone number, which begins with +; VIF_PHONE_COUNTRY lets others be read");
  if (number === undefined || !number.isPossible())
    return problem("not a phone number of its country; international numbers begin with +");
  if (number.ext !== undefined) return problem("with an extension, which several people may share");
  return number.number;
}

function problem(text: string): IdentifierProblem {
  return { problem: text };
}
