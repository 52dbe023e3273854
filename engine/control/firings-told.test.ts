/** What is told of one person's firings, and why a trigger does or does not fire for them. */
import { describe, expect, it } from "vitest";
import { renderProfile } from "../cli/profile-text.ts";
import { createStyle } from "../cli/terminal.ts";
import { renderWhy } from "../cli/why-text.ts";
import { checkRules, loadPlan } from "../language/port.ts";
import { encodePlan } from "../language/plan/plan-bytes.ts";
import { shownFiringsMax } from "../limits.ts";
import type { Instant, PlanDigest, Slot } from "../model/ids.ts";
import { createProfileId } from "../model/ids.ts";
import { NO_ORDERS, type Orders } from "../model/orders.ts";
import type { DecidedRecord } from "../model/record.ts";
import { type Cause, messageIdOf } from "../model/trigger.ts";
import { applyDecided, createProfile } from "../profile/port.ts";
import type { WhyReport } from "./profile-port.ts";
import { profileReport, type Told } from "./profile-report.ts";
import { whyReport } from "./why-report.ts";

const { plan: checked } = checkRules([
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  { path: "segments/vip.yaml", text: "segment: vip\nwhen: city = Paris\n" },
  {
    path: "triggers/welcome.yaml",
    text: "trigger: welcome\non: entered segment vip\nwhen: city is known\nsend: {template: hello, by: email}\nat most: 2 per 1 day\n",
  },
  { path: "events/bought.yaml", text: "event: bought\nproperties: {total: money}\n" },
  {
    path: "triggers/thanks.yaml",
    text: "trigger: thanks\non: bought where total >= 100\nsend: {template: thanks, by: email}\n",
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
  const report = profileReport(told, { shards: 1 });
  expect(report.fired).toEqual([
    {
      trigger: "bye",
      at: 3_000,
      message: messageIdOf("bye", told.profile.id, { is: "time", due: 3_000 }),
      now: { state: "waiting", attempts: 0, decided: 3_000, due: 63_000, because: "others to compete with" },
    },
    { trigger: "welcome", at: 2_000, message: expect.stringMatching(/^[0-9a-f]{32}$/), now: expect.anything() },
    { trigger: "welcome", at: 1_000, message: expect.stringMatching(/^[0-9a-f]{32}$/), now: expect.anything() },
  ]);
  const text = renderProfile(report, createStyle(false), undefined);
  expect(text).toMatch(/Set off\n.*trigger.*when.*message\n +bye .*\n +welcome .*\n +welcome /);
});

it("as of an earlier time only what had fired until then is shown, and never more than the newest", () => {
  const many = Array.from({ length: 40 }, (_, n) => [n % 2 === 0 ? "welcome" : "bye", n * 1_000] as const);
  expect(profileReport(toldAfter(many, 3_500), { shards: 1 }).fired.map(({ at }) => at)).toEqual([
    3_000, 2_000, 1_000, 0,
  ]);
  const all = profileReport(toldAfter(many, 100_000), { shards: 1 }).fired;
  expect(all).toHaveLength(shownFiringsMax);
  expect(all[0]?.at).toBe(39_000);
});

describe("why a trigger fires for a person or does not", () => {
  const caveatsOf = (told: Told, orders?: Orders) => {
    const why = whyReport(told, "welcome", { orders });
    return "refused" in why ? [why.refused] : why.caveats;
  };

  it("is told with its condition, and its own latest firings until then, under its own name too", () => {
    const told = toldAfter(
      [
        ["welcome", 1_000],
        ["bye", 2_000],
        ["welcome", 9_000],
      ],
      5_000,
    );
    const { message } = firing("welcome", 1_000, told.profile.id);
    const expected = { kind: "trigger", holds: false, fired: [{ at: 1_000, message }], caveats: [] };
    expect(whyReport(told, "welcome")).toMatchObject({ ...expected, rule: "welcome" });
    expect(whyReport(told, "trigger:welcome")).toMatchObject(expected);
    expect(renderWhy(whyReport(told, "welcome") as WhyReport, createStyle(false))).toMatch(
      /^welcome has fired for .*; its condition does not hold\n/,
    );
  });

  it("is that it has fired as often as it may, until the window lets go of the first", () => {
    const day = 86_400_000;
    const firings = [
      ["welcome", 1_000],
      ["welcome", 2_000],
    ] as const;
    expect(caveatsOf(toldAfter(firings, day + 999))).toEqual([
      "It has fired as often as it may (2), and does not again before 1970-01-02T00:00:01.000Z.",
    ]);
    expect(caveatsOf(toldAfter(firings, day + 1_000))).toEqual([]);
  });

  it("is not told where it depends on the event, which is not at hand", () => {
    const why = whyReport(toldAfter([["thanks", 1_000]], 5_000), "thanks") as WhyReport;
    expect(why).not.toHaveProperty("holds");
    expect(why.caveats).toEqual([expect.stringContaining("is not known here")]);
    expect(renderWhy(why, createStyle(false))).toMatch(
      /^thanks has fired for .*; whether its condition holds depends on the event\n/,
    );
  });

  it("is that it is paused, or that all sends are stopped", () => {
    const told = toldAfter([], 5_000);
    expect(caveatsOf(told, { ...NO_ORDERS, paused: ["bye"] })).toEqual([]);
    expect(caveatsOf(told, { ...NO_ORDERS, paused: ["welcome"] })).toEqual([
      "It is paused: it does not fire until `vif resume welcome`.",
    ]);
    expect(caveatsOf(told, { ...NO_ORDERS, stopped: true })).toEqual([
      "All sends are stopped: no trigger fires until `vif sends start`.",
    ]);
  });
});
