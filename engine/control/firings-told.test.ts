/** What is told of one person's firings, and why a trigger does or does not fire for them. */
import { expect, it } from "vitest";
import { renderProfile } from "../cli/profile-text.ts";
import { createStyle } from "../cli/terminal.ts";
import { checkRules, loadPlan } from "../language/port.ts";
import { encodePlan } from "../language/plan-bytes.ts";
import { shownFiringsMax } from "../limits.ts";
import type { Instant, PlanDigest, Slot } from "../model/ids.ts";
import { createProfileId } from "../model/ids.ts";
import type { DecidedRecord } from "../model/record.ts";
import { type Cause, messageIdOf } from "../model/trigger.ts";
import { applyDecided, createProfile } from "../profile/port.ts";
import { profileReport, type Told } from "./profile-report.ts";

const { plan: checked } = checkRules([
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  { path: "segments/vip.yaml", text: "segment: vip\nwhen: city = Paris\n" },
  {
    path: "triggers/welcome.yaml",
    text: "trigger: welcome\non: entered segment vip\nwhen: city is known\nsend: {template: hello, by: email}\nat most: 2 per 1 day\n",
  },
  { path: "triggers/bye.yaml", text: "trigger: bye\non: left segment vip\nsend: {template: bye, by: sms}\n" },
]);
if (checked === undefined) throw new Error("the rules are not sound");
const source = checked;
const plan = loadPlan(encodePlan(source));
const digest = "0".repeat(64) as PlanDigest;

/** A person for whom triggers have fired at these instants, told as of `at`. */
function toldAfter(firings: readonly (readonly [trigger: string, at: Instant])[], at: Instant): Told {
  const profile = createProfile(createProfileId(0 as Slot, 0, 1), plan);
  for (const [trigger, due] of firings) applyDecided(profile, firing(trigger, due, profile.id), due);
  return { profile, seen: profile, from: "profile", loaded: { digest, lacks: "", source, plan }, at, now: at };
}

function firing(trigger: string, at: Instant, profile: DecidedRecord["profile"]): DecidedRecord {
  const cause: Cause = { is: "time", due: at };
  const intent = plan.triggers?.all.find(({ name }) => name === trigger)?.intent;
  if (intent === undefined) throw new Error(`no trigger ${trigger}`);
  const message = messageIdOf(trigger, profile, cause);
  return { kind: "decided", profile, trigger, message, cause, at, intent, plan: digest };
}

it("a person is shown with what triggers have set off, newest first, with the message's id", () => {
  const told = toldAfter(
    [
      ["welcome", 1_000],
      ["bye", 3_000],
      ["welcome", 2_000],
    ],
    5_000,
  );
  const report = profileReport(told, 1);
  expect(report.fired).toEqual([
    { trigger: "bye", at: 3_000, message: messageIdOf("bye", told.profile.id, { is: "time", due: 3_000 }) },
    { trigger: "welcome", at: 2_000, message: expect.stringMatching(/^[0-9a-f]{32}$/) },
    { trigger: "welcome", at: 1_000, message: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ]);
  const text = renderProfile(report, createStyle(false), undefined);
  expect(text).toMatch(/Set off\n.*trigger.*when.*message\n +bye .*\n +welcome .*\n +welcome /);
});

it("as of an earlier time only what had fired until then is shown, and never more than the newest", () => {
  const many = Array.from({ length: 40 }, (_, n) => [n % 2 === 0 ? "welcome" : "bye", n * 1_000] as const);
  expect(profileReport(toldAfter(many, 3_500), 1).fired.map(({ at }) => at)).toEqual([3_000, 2_000, 1_000, 0]);
  const all = profileReport(toldAfter(many, 100_000), 1).fired;
  expect(all).toHaveLength(shownFiringsMax);
  expect(all[0]?.at).toBe(39_000);
});
