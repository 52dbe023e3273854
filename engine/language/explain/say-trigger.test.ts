import { expect, it } from "vitest";
import { createEventLogView } from "../../../tests/language/event-log-view.ts";
import { checkRules } from "../check/check-rules.ts";
import { describeRules } from "./describe-rules.ts";
import { explainRule } from "./explain.ts";
import { loadPlan } from "../compile/load-plan.ts";
import { encodePlan } from "../plan/plan-bytes.ts";

it("a trigger is said in plain words, with the segments that it reads", () => {
  const trigger = (name: string, text: string) => ({
    path: `triggers/${name}.yaml`,
    text: `trigger: ${name}\n${text}\n`,
  });
  const { plan } = checkRules([
    { path: "fields.yaml", text: "fields: {renewal: date, city: text}\n" },
    { path: "events/ordered.yaml", text: "event: ordered\nproperties: {total: money}\n" },
    { path: "segments/vip.yaml", text: "segment: vip\nwhen: city = Paris\n" },
    trigger(
      "a",
      "on: ordered where total >= 50\nwhen: in segment vip\nsend: {template: thanks, by: best of [sms, email]}\nat most: 1 per 7 days",
    ),
    trigger(
      "b",
      "on: 3 days before renewal every year at 09:00 in brand time\nsend: {template: renew, by: email}\ncategory: transactional\nexpires: 6 hours",
    ),
    trigger("c", "on: every monday and friday at 08:30\nsend: {template: news, by: email}\nholdout: 10%"),
    trigger("d", "on: left segment vip\nsend: {template: bye, by: email}"),
  ]);
  const said = plan === undefined ? [] : describeRules(plan, []).filter(({ kind }) => kind === "trigger");
  expect(said.map(({ lines }) => lines.join("\n"))).toEqual([
    `Whenever ordered happens
  with
  the event's total is at least 50
  if at that moment
  the profile is in the segment vip
thanks is sent by sms, else by email, as marketing
  at most 1 in 7 days`,
    `3 days before renewal, every year, at 09:00 in brand time
renew is sent by email, as transactional
  within 6 hours, and not later`,
    `Every monday and friday at 08:30 local time
news is sent by email, as marketing
  but never to 10 % of profiles, drawn by "c"`,
    `When a profile leaves the segment vip
bye is sent by email, as marketing`,
  ]);
  expect(said.map(({ reads }) => reads.map(({ name }) => name))).toEqual([["vip"], [], [], ["vip"]]);
});

it("a trigger is explained under its own name, also where a segment is called the same", () => {
  const { plan } = checkRules([
    { path: "fields.yaml", text: "fields: {city: text}\n" },
    { path: "segments/vip.yaml", text: "segment: vip\nwhen: city = Paris\n" },
    {
      path: "triggers/vip.yaml",
      text: "trigger: vip\non: entered segment vip\nwhen: city is known\nsend: {template: x, by: email}\n",
    },
  ]);
  if (plan === undefined) throw new Error("the rules are not sound");
  const of = { view: createEventLogView(loadPlan(encodePlan(plan))), at: 0 };
  expect(explainRule(plan, "vip", of)?.kind).toBe("segment");
  expect(explainRule(plan, "trigger:vip", of)).toMatchObject({
    kind: "trigger",
    when: { text: "city is known", holds: false },
  });
  expect(explainRule(plan, "trigger:other", of)).toBeUndefined();
});
