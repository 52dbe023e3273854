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
  text: `trigger: ${name}\non: ${on}\nsend: {template: x, by: best of [sms, email]}\n${more}\n`,
});

function outcome(test: string, ...triggers: readonly RuleFile[]): readonly string[] {
  const { plan, tests, problems } = checkRules([...brand, ...triggers, { path: "tests/t.yaml", text: test }]);
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
then: [message thanks by email, "message thanks, once", no message large]
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
      "ok message thanks by email",
      "ok message thanks, once",
      "ok no message large",
      "ok message thanks, twice",
      "message thanks, once: message thanks, twice",
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
      "message weekly, 4 times: message weekly, 3 times",
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
