/** Explanations and paraphrases of the example brand's rules. */
import { beforeAll, describe, expect, it } from "vitest";
import { createEventLogView, type EventLogView } from "../../../tests/language/event-log-view.ts";
import type { PlanSource } from "../plan/checked.ts";
import { checkRules } from "../check/check-rules.ts";
import { explainRule, renderExplanation } from "./explain.ts";
import { loadPlan } from "../compile/load-plan.ts";
import { describeRules } from "./describe-rules.ts";
import { encodePlan } from "../plan/plan-bytes.ts";
import { readRulesFolder } from "../folder/rules-folder.ts";

const at = Date.parse("2026-03-01T12:00:00Z");
let plan: PlanSource;
let view: EventLogView;

beforeAll(async () => {
  const checked = checkRules(await readRulesFolder("rules")).plan;
  if (checked === undefined) throw new Error("the example brand's rules are not sound");
  plan = checked;
  const loaded = loadPlan(encodePlan(plan));
  view = createEventLogView(loaded);
  view.setAttribute(
    loaded.attributes.findIndex(({ name }) => name === "city"),
    "Paris",
  );
  view.add({ name: "order_completed", at: Date.parse("2025-12-20T10:00:00Z"), fields: { total: 1200.5 } });
  loaded.evaluate(view, { kind: "everything" }, at, (segment) => view.segments.add(segment));
});

describe("an explanation", () => {
  it("shows each part of a segment with what it read", () => {
    const explained = explainRule(plan, "lapsing-vip", { view, at });
    expect(explained?.kind === "segment" && renderExplanation(explained.when)).toBe(
      [
        'yes in segment vip and last order_completed was more than 60 days ago and (city in ["Lyon", "Paris"] or count of store_visited in last 90 days >= 1) and not in segment unreachable',
        "yes   in segment vip",
        "yes   last order_completed was more than 60 days ago   (last order_completed: 2025-12-20T10:00:00.000Z)",
        'yes   city in ["Lyon", "Paris"] or count of store_visited in last 90 days >= 1',
        'yes     city in ["Lyon", "Paris"]   (city: "Paris")',
        "no      count of store_visited in last 90 days >= 1   (count of store_visited in last 90 days: 0)",
        "yes   not in segment unreachable",
        "no      in segment unreachable",
      ].join("\n"),
    );
  });

  it("shows amounts in units, and what is not known", () => {
    const explained = explainRule(plan, "vip", { view, at });
    expect(explained?.kind === "segment" && renderExplanation(explained.when)).toBe(
      [
        'yes sum of order_completed.total in last 365 days >= 1000 or card_tier = "gold"',
        "yes   sum of order_completed.total in last 365 days >= 1000   (sum of order_completed.total in last 365 days: 1200.5)",
        'no    card_tier = "gold"   (card_tier: unknown)',
      ].join("\n"),
    );
  });

  it("of a content says what is shown and why the others are not", () => {
    expect(explainRule(plan, "home-hero", { view, at })).toMatchObject({
      shows: "hero-welcome-back",
      choices: [
        { show: "hero-thanks", when: { holds: false } },
        { show: "hero-welcome-back", when: { holds: true } },
        { when: { holds: false } },
        { when: { holds: false } },
        { when: { holds: true } },
        { when: { holds: false } },
      ],
    });
    expect(explainRule(plan, "nothing-such", { view, at })).toBeUndefined();
  });
});

describe("a paraphrase", () => {
  const paraphrase = (of: string) =>
    describeRules(plan, [])
      .find(({ name }) => name === of)
      ?.lines.join("\n");

  it("says a segment in plain words", () => {
    expect(paraphrase("lapsing-vip")).toBe(
      [
        "A profile is in the segment lapsing-vip when",
        "  all of this holds:",
        "    the profile is in the segment vip",
        "    the last order_completed was longer ago than 60 days",
        "    any of this holds:",
        '      city is one of "Lyon", "Paris"',
        "      the number of store_visited in the last 90 days is at least 1",
        "    the profile is not in the segment unreachable",
      ].join("\n"),
    );
  });

  it("says where a value that is not known decides", () => {
    expect(paraphrase("unreachable")).toContain("newsletter is not true (or is not known)");
  });

  it("says a content choice by choice", () => {
    expect(paraphrase("till-message")).toBe(
      [
        "In the place till-message",
        "till-almost-there is shown when",
        "  the profile is in the segment voucher-near",
        "else till-club-evening is shown when",
        "  all of this holds:",
        "    the profile is in the segment club",
        '    city is one of "Lyon", "Paris"',
        "else till-welcome is shown when",
        "  all of this holds:",
        "    the number of order_completed is at most 1",
        "    the profile is not in the segment vip",
        "else till-thanks",
      ].join("\n"),
    );
  });
});
