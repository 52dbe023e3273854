/** Rules of sending, one person, and messages of theirs: what the gates are asked about. */
import { soundPlan } from "../language/compile/sound-rules-fixtures.ts";
import { enterConsents } from "../model/consent.ts";
import type { Instant, PlanDigest, Slot } from "../model/ids.ts";
import { createProfileId } from "../model/ids.ts";
import type { Channel, Outcome } from "../model/message.ts";
import { NO_ORDERS, type Orders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import { type Cause, messageIdOf } from "../model/trigger.ts";
import {
  applyAttempt,
  applyDecided,
  applyOutcome,
  bindIdentifier,
  createProfile,
  type Profile,
  type WaitingMessage,
} from "../profile/port.ts";
import { gate, type GateVerdict } from "./gates.ts";

export const HOUR_MS = 3_600_000;
/** A Thursday, noon in UTC; 13:00 in Paris. */
export const NOON: Instant = Date.UTC(2026, 0, 15, 12);

const files = {
  "brand.yaml": "brand: Pas\ntime zone: Europe/Paris\ncustomer time zone: time_zone\n",
  "events/seen.yaml": "event: seen\n",
  "consent.yaml":
    "purposes:\n  marketing: {channels: [email, sms, whatsapp]}\n  club: {channels: [email, sms, web, loyalty], unasked: allowed}\n",
  "pressure.yaml":
    "caps:\n  - {category: marketing, at most: 2 per 7 days}\n  - {channel: sms, at most: 1 per 1 day}\nquiet hours:\n  - {between: 21:00 and 08:00, channel: sms}\n",
  "triggers/news.yaml":
    "trigger: news\non: seen\nsend: {template: x, by: 'best of [sms, email]'}\npriority: 40\nexpires: 12 hours\n",
  "triggers/offer.yaml": "trigger: offer\non: seen\nsend: {template: x, by: email}\npriority: 60\n",
  "triggers/text.yaml": "trigger: text\non: seen\nsend: {template: x, by: sms}\ncategory: club\nexpires: 2 days\n",
  "triggers/thanks.yaml": "trigger: thanks\non: seen\nsend: {template: x, by: email}\ncategory: transactional\n",
  "triggers/kept.yaml":
    "trigger: kept\non: seen\nsend: {template: x, by: email}\ncategory: club\nholdout: 40% by spring\n",
  "triggers/shown.yaml": "trigger: shown\non: seen\nsend: {template: x, by: web}\ncategory: club\nexpires: 2 days\n",
  "triggers/shown-there.yaml":
    "trigger: shown-there\non: seen\nsend: {template: x, by: web, slot: message}\ncategory: club\n",
  "triggers/told.yaml": "trigger: told\non: seen\nsend: {template: x, by: loyalty}\ncategory: club\npriority: 90\n",
  "triggers/seen-or-sent.yaml":
    "trigger: seen-or-sent\non: seen\nsend: {template: x, by: 'best of [web, email]'}\ncategory: club\n",
  "triggers/below.yaml":
    "trigger: below\non: seen\nsend: {template: x, by: email}\ncategory: club\npriority: 10\ncompetes for: 5 minutes\n",
};
const segmentFiles = {
  "fields.yaml": "fields: {city: text, time_zone: text}\n",
  "segments/parisian.yaml": "segment: parisian\nwhen: city = Paris\n",
  "triggers/welcome.yaml":
    "trigger: welcome\non: entered segment parisian\nwhen: city is known\nsend: {template: x, by: email}\ncategory: club\nstill: must hold\n",
};
export const plan = soundPlan({ ...files, ...segmentFiles });

let made = 0;
export function person(): Profile {
  made += 1;
  const profile = createProfile(createProfileId(0 as Slot, 0, made), plan);
  bindIdentifier(profile, { kind: "email", value: "marie@example.fr" }, "bound");
  bindIdentifier(profile, { kind: "phone", value: "+33612345678" }, "bound");
  return profile;
}

export function say(
  profile: Profile,
  answer: "granted" | "refused",
  purpose = "marketing",
  channel = "*",
  at = NOON - 1,
): void {
  profile.consents = enterConsents(profile.consents, [
    { purpose, channel, answer, at, since: at, source: "test", wording: undefined },
  ]);
}

let causes = 0;
export function fire(profile: Profile, trigger: string, at: Instant = NOON, by: Plan = plan): WaitingMessage {
  const definition = by.triggers?.all.find(({ name }) => name === trigger);
  if (definition === undefined) throw new Error(`no trigger ${trigger}`);
  const cause: Cause = { is: "time", due: at + ++causes };
  const message = messageIdOf(trigger, profile.id, cause);
  const { intent } = definition;
  applyDecided(
    profile,
    { kind: "decided", profile: profile.id, trigger, message, cause, at, intent, plan: "p" as PlanDigest },
    at,
  );
  return profile.agenda.waiting.find((each) => each.message === message) as WaitingMessage;
}

/** One that has gone out and come to this. */
export function sent(
  profile: Profile,
  trigger: string,
  at: Instant,
  channel: Channel = "email",
  to = 1,
  outcome?: Outcome,
): void {
  const { message } = fire(profile, trigger, at);
  applyAttempt(profile, { kind: "attempt", profile: profile.id, message, trigger, channel, attempt: 1, to }, at);
  applyOutcome(
    profile,
    {
      kind: "outcome",
      profile: profile.id,
      message,
      trigger,
      attempt: 1,
      outcome: outcome ?? { is: "accepted", providerId: undefined },
    },
    at,
  );
}

export function verdict(
  profile: Profile,
  waiting: WaitingMessage,
  at: Instant = NOON,
  orders: Orders = NO_ORDERS,
): string {
  return textOf(gate(waiting, { profile, plan, orders, at }));
}

function textOf(of: GateVerdict): string {
  if (of.is === "go") return `go ${of.channel}`;
  return of.is === "skip" ? `skip ${of.reason}` : `wait ${new Date(of.until).toISOString()} ${of.because}`;
}
