/** What a rule test says of messages: what triggers set off as events come and time passes, by the engine's own fold. */
import { describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan, type RuleFile } from "../language/port.ts";
import { runRuleTest } from "./run-rule-test.ts";

const brand: readonly RuleFile[] = [
  { path: "brand.yaml", text: "brand: Shop\ntime zone: Europe/Paris\n" },
  { path: "fields.yaml", text: "fields: {city: text, renewal: date}\n" },
  { path: "events/ordered.yaml", text: "event: ordered\nproperties: {total: money}\n" },
  { path: "segments/lapsed.yaml", text: "segment: lapsed\nwhen: last ordered was more than 60 days ago\n" },
];

const trigger = (name: string, on: string, more = ""): RuleFile => ({
  path: `triggers/${name}.yaml`,
  text: `trigger: ${name}\non: ${on}\nsend: {template: x, by: best of [sms, email]}\ncategory: transactional\n${more}\n`,
});

/** Who is reached by all channels. */
const REACHED = "given who: {profile: {email: a@example.fr, phone: '+33612345678', card: 4001}}\n";

function outcome(test: string, ...triggers: readonly RuleFile[]): readonly string[] {
  const { plan, tests, problems } = checkRules([...brand, ...triggers, { path: "tests/t.yaml", text: REACHED + test }]);
  if (plan === undefined) return problems.map(({ message }) => message);
  const results = tests.flatMap((each) => runRuleTest(loadPlan(encodePlan(plan)), each));
  return results.map(({ text, holds, found }) => (holds ? `ok ${text}` : `${text}: ${found}`));
}

describe("messages that a rule test expects", () => {
  it("are set off by an event that passes its condition, each time, and by no other", () => {
    const test = `
events:
  - 2026-01-01T10:00Z ordered {total: 20}
  - 2026-01-02T10:00Z ordered {total: 90}
then: [message thanks by sms, "message thanks, once", no message large]
events later: [2026-01-03T10:00Z ordered {total: 80}]
then again: ["message thanks, twice", "message thanks, once"]
`;
    const large = trigger("large", "ordered where total >= 50", "when: total >= 500");
    expect(
      outcome(
        test.replace(/events later: \[(.*)\]/, "events later:\n  - $1"),
        trigger("thanks", "ordered where total >= 50"),
        large,
      ),
    ).toEqual([
      "ok message thanks by sms",
      "ok message thanks, once",
      "ok no message large",
      "ok message thanks, twice",
      "message thanks, once: message thanks by sms, twice",
    ]);
  });

  it("are set off by a segment that time alone leads into, at most as often as it says", () => {
    const test = `
events:
  - 2026-01-01T10:00Z ordered
then: [no message missed]
advance: 61 days
then again: ["message missed by sms, once"]
events later:
  - 2026-03-10T10:00Z ordered
advance again: 61 days
then at last: ["message missed, once"]
`;
    const missed = trigger("missed", "entered segment lapsed", "at most: 1 per 1 year");
    expect(outcome(test, missed)).toEqual([
      "ok no message missed",
      "ok message missed by sms, once",
      "ok message missed, once",
    ]);
  });

  it("are set off by dates and schedules, at local times", () => {
    const test = `
given: {profile: {renewal: 2026-05-10}}
events:
  - 2026-05-03T06:59Z ordered
then: ["message weekly, once", no message renew]
advance: 1 minute
then again: ["message renew, once", "message weekly, once"]
advance again: 21 days
then at last: ["message renew, once", "message weekly, 4 times"]
`;
    const renew = trigger("renew", "7 days before renewal at 09:00");
    const weekly = trigger("weekly", "every sunday at 08:00", "when: last ordered was less than 30 days ago");
    // 3 May 2026 is a Sunday, and 08:00 in Paris is 06:00 UTC: before anything was known of the person.
    expect(outcome(test, renew, weekly)).toEqual([
      "message weekly, once: no message weekly",
      "ok no message renew",
      "ok message renew, once",
      "message weekly, once: no message weekly",
      "ok message renew, once",
      "message weekly, 4 times: message weekly by sms, 3 times",
    ]);
  });

  it("pass the gates that dispatch asks: consent, an address, caps, priority, and quiet hours", () => {
    const consent = {
      path: "consent.yaml",
      text: "purposes:\n  marketing: {title: News, channels: [email, sms], unasked: refused}\n",
    };
    const pressure = {
      path: "pressure.yaml",
      text: "caps:\n  - {category: marketing, at most: 1 per 7 days}\nquiet hours:\n  - {between: 21:00 and 08:00, channel: sms}\n",
    };
    const send = (name: string, by: string, more: string): RuleFile => ({
      path: `triggers/${name}.yaml`,
      text: `trigger: ${name}\non: ordered\nsend: {template: x, by: ${by}}\n${more}\n`,
    });
    const test = `
events:
  - 2026-01-01T10:00Z ordered
then nobody has agreed: ["message news skipped, no consent", no message news, "message news, once"]
given consent: {profile: {consent: {marketing.email: granted, marketing.sms: refused}}}
events of the day after:
  - 2026-01-02T10:00Z ordered
then the more important one goes: ["message news by email, once", "message other skipped, outbid"]
advance: 3 days
events within the week:
  - 2026-01-05T11:00Z ordered
then it is enough: ["message news, once", "message news skipped, pressure", message news skipped]
advance again: 7 days
given another mind: {profile: {consent: {marketing: refused, marketing.sms: granted}}}
events at night:
  - 2026-01-12T22:00Z ordered
then it waits for the morning: ["message news by sms, once", "message news, twice"]
advance to the morning: 12 hours
then it has gone: ["message news by sms, once", "message news by email, once", message owed skipped]
`;
    const news = send("news", "best of [sms, email]", "priority: 60");
    const other = send("other", "email", "priority: 40");
    const owed = send("owed", "webhook", "category: transactional\nexpires: 1 hour");
    expect(outcome(test, consent, pressure, news, other, owed)).toEqual([
      "ok message news skipped, no consent",
      "ok no message news",
      "message news, once: message news skipped, no consent",
      "ok message news by email, once",
      "ok message other skipped, outbid",
      "ok message news, once",
      "ok message news skipped, pressure",
      "ok message news skipped",
      "ok message news by sms, once",
      "ok message news, twice",
      "ok message news by sms, once",
      "ok message news by email, once",
      "message owed skipped: message owed by webhook, 4 times",
    ]);
  });

  it("refuse consents and addresses that are none", () => {
    const test = `
given: {profile: {email: nobody, consent: {marketing: perhaps, marketng.email: granted}}}
then: [no message welcome]
`;
    const consent = {
      path: "consent.yaml",
      text: "purposes:\n  marketing: {title: News, channels: [email], unasked: refused}\n",
    };
    const said = outcome(test, consent, trigger("welcome", "ordered"));
    expect(said[0]).toMatch(/^nobody is reached by this `email`: it is without one @/);
    expect(said.slice(1)).toEqual([
      "a consent is `granted` or `refused`, and not `perhaps`",
      "consent.yaml has no purpose `marketng`",
    ]);
  });

  it("are of triggers that there are, by channels that they have", () => {
    const test = "then: [message welcom, message welcome by whatsapp, no message other, message welcome maybe]\n";
    expect(outcome(test, trigger("welcome", "ordered"))).toEqual([
      "there is no trigger `welcom`",
      "`welcome` never sends by `whatsapp`",
      "there is no trigger `other`",
      "`message welcome maybe` is nothing that can be expected",
    ]);
  });
});
