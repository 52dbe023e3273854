/**
 * What an event says of consent: traits of an identify event (`consent: {marketing.email: granted}`), and the properties of
 * `consent_changed`, by which the preference page, unsubscribe links and STOP words say it, and any form of the brand's own.
 * Strict as attributes are: what is no purpose, channel or answer says nothing, and the rest of the event stands.
 */
import { consentProofCharsMax } from "../limits-of-delivery.ts";
import { ANY, CONSENT_EVENT, type ConsentAnswer, type ConsentStatement, isConsentName } from "../model/consent.ts";
import type { Event, Json, JsonObject } from "../model/event.ts";
import { cutText } from "./attribute-values.ts";
import { internSource, ownText } from "./attributes.ts";
import { clampInstant } from "./contribution.ts";

const NOTHING: readonly ConsentStatement[] = Object.freeze([]);

/**
 * `{marketing: granted, club.sms: refused, "*.whatsapp": refused}`: a purpose or a purpose and a channel, `*` being any; the
 * channels of a purpose also as an object, and yes and no also as true and false. `consent_wording` is the version of what
 * was agreed to, `consent_source` where it was said.
 */
export function consentsSaid({ type, name, fields, timestamp, source }: Event): readonly ConsentStatement[] {
  if (type !== "identify" && name !== CONSENT_EVENT) return NOTHING;
  const said = Object.hasOwn(fields, "consent") ? fields["consent"] : undefined;
  if (!isObject(said)) return NOTHING;
  const at = clampInstant(timestamp);
  const proof = {
    at,
    since: at,
    source: internSource(proofText(fields, "consent_source") ?? source),
    wording: proofText(fields, "consent_wording"),
  };
  const statements: ConsentStatement[] = [];
  const say = (purpose: string, channel: string, said: Json): void => {
    const answer = answerOf(said);
    if (answer === undefined || !isConsentName(purpose) || !isConsentName(channel)) return;
    statements.push({ purpose: internSource(purpose), channel: internSource(channel), answer, ...proof });
  };
  for (const [key, value] of Object.entries(said)) {
    if (isObject(value)) for (const [channel, each] of Object.entries(value)) say(key, channel, each);
    else {
      const dot = key.indexOf(".");
      say(dot < 0 ? key : key.slice(0, dot), dot < 0 ? ANY : key.slice(dot + 1), value);
    }
  }
  return statements;
}

function answerOf(said: Json): ConsentAnswer | undefined {
  if (said === true || said === "granted") return "granted";
  return said === false || said === "refused" ? "refused" : undefined;
}

function proofText(fields: JsonObject, name: string): string | undefined {
  const text = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof text === "string" && text !== "" ? ownText(cutText(text, consentProofCharsMax)) : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
