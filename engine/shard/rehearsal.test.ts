/** A plan is tried on copies of people before it decides: nobody is changed by it, and it says afterwards what it would have said. */
import { expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan, readRulesFolder } from "../language/port.ts";
import { rehearsalRuns } from "../limits-of-rules.ts";
import type { EventName } from "../model/event.ts";
import { digestText } from "../model/hash.ts";
import type { ProfileId, SourceId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { applyEvent, createProfile, encodeProfile, type Profile } from "../profile/port.ts";
import { rehearsal } from "./rehearsal.ts";

const AT = Date.parse("2026-03-01T12:00:00Z");
const { plan: source } = checkRules(await readRulesFolder("rules"));
if (source === undefined) throw new Error("the example brand's rules are not sound");
const bytes = encodePlan(source);

function buyer(plan: Plan, n: number): Profile {
  const profile = createProfile(n.toString(16).padStart(24, "0") as ProfileId, plan);
  for (let day = 0; day <= n; day++) {
    const messageId = `order-${n}-${day}`;
    const event = {
      type: "track" as const,
      name: "order_completed" as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: day,
      identifiers: [],
      proved: false,
      timestamp: AT - day * 86_400_000,
      fields: { total: 40 * n, currency: "EUR", order_id: messageId },
      body: "{}",
    };
    applyEvent(profile, event, AT);
  }
  return profile;
}

function said(plan: Plan, profile: Profile): unknown {
  const flips: string[] = [];
  plan.evaluate(profile, { kind: "everything" }, AT, (segment) => flips.push(plan.segments[segment] ?? ""));
  return { flips, shown: plan.decide(profile, AT), next: plan.nextFlip(profile, { kind: "everything" }, AT) };
}

it("changes nobody, runs all that it is to run, and leaves the plan as it was", () => {
  const before = loadPlan(bytes);
  const people = [0, 1, 2, 5].map((n) => buyer(before, n));
  const rows = people.map(encodeProfile);
  const plan = loadPlan(bytes);
  let runs = 0;
  const { rehearse } = plan;
  const counted: Plan = { ...plan, rehearse: (view, at) => (runs++, rehearse?.(view, at) ?? []) };
  for (const _ of rehearsal(counted, people, AT));
  expect(runs).toBe(rehearsalRuns);
  expect(people.map(encodeProfile)).toEqual(rows);
  const wanted = people.map((person) => said(before, person));
  expect(wanted.flatMap((each) => (each as { flips: string[] }).flips)).not.toEqual([]);
  expect([0, 1, 2, 5].map((n) => said(plan, buyer(plan, n)))).toEqual(wanted);
});

it("has nobody to try on in an empty shard, and ends", () => {
  expect([...rehearsal(loadPlan(bytes), [], AT)]).toEqual([]);
});
