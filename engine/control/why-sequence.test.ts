/** Why a sequence has not come about yet: which step came, which is awaited, and until when. */
import { describe, expect, it } from "vitest";
import { localTime } from "../cli/engine-client.ts";
import { createStyle } from "../cli/terminal.ts";
import { renderWhy } from "../cli/why-text.ts";
import { soundSource } from "../language/compile/sound-rules-fixtures.ts";
import { encodePlan, loadPlan } from "../language/port.ts";
import type { JsonObject } from "../model/event.ts";
import type { PlanDigest, Slot } from "../model/ids.ts";
import { createProfileId } from "../model/ids.ts";
import { applyEvent, createProfile } from "../profile/port.ts";
import { createEvent } from "../profile/profile-fixtures.ts";
import type { WhyReport } from "./profile-port.ts";
import type { Told } from "./profile-report.ts";
import { whyReport } from "./why-report.ts";

const HOUR_MS = 3_600_000;
const START = Date.parse("2026-03-01T10:00:00Z");
const source = soundSource({
  "events/looked.yaml": "event: looked\nproperties: {at_what: text}\n",
  "events/put.yaml": "event: put\nproperties: {at_what: text}\n",
  "events/paid.yaml": "event: paid\n",
  "segments/left.yaml": "segment: left\nwhen: looked then put within 2 hours then no paid within 1 hour\n",
  "triggers/left.yaml":
    "trigger: left\non: looked then put with same at_what within 2 hours then no put within 1 hour\nsend: {template: t, by: email}\n",
});
const plan = loadPlan(encodePlan(source));

function told(happened: readonly (readonly [name: string, hours: number, fields?: JsonObject])[], hours: number): Told {
  const profile = createProfile(createProfileId(0 as Slot, 0, 1), plan);
  for (const [name, after, fields = {}] of happened)
    applyEvent(profile, createEvent(`${name} ${after}`, START + after * HOUR_MS, { name, fields }), START);
  const at = START + hours * HOUR_MS;
  const digest = "0".repeat(64) as PlanDigest;
  return {
    profile,
    seen: profile,
    from: "profile",
    loaded: { digest, lacks: "", source, plan },
    at,
    now: at,
  };
}

const underWay = (why: WhyReport) => why.tree[0]?.values[0]?.underWay;

describe("a sequence under way", () => {
  it("is told with the steps that came, the one that is awaited, and until when", () => {
    const one = whyReport(told([["looked", 0]], 0.5), "left") as WhyReport;
    expect(underWay(one)).toEqual({
      came: [{ step: "looked", at: START }],
      awaited: "put within 2 hours",
      until: START + 2 * HOUR_MS,
    });
    const two = whyReport(
      told(
        [
          ["looked", 0],
          ["put", 1],
        ],
        1.5,
      ),
      "left",
    ) as WhyReport;
    expect(underWay(two)).toEqual({
      came: [
        { step: "looked", at: START },
        { step: "put within 2 hours", at: START + HOUR_MS },
      ],
      awaited: "no paid within 1 hour",
      until: START + 2 * HOUR_MS,
    });
  });

  it("is none when it is complete, broken, or too late", () => {
    const of = (...args: Parameters<typeof told>) => underWay(whyReport(told(...args), "left") as WhyReport);
    expect(of([], 1)).toBeUndefined();
    expect(of([["looked", 0]], 2)).toBeUndefined();
    expect(
      of(
        [
          ["looked", 0],
          ["put", 1],
          ["paid", 1.2],
        ],
        1.5,
      ),
    ).toMatchObject({ awaited: "put within 2 hours" });
    expect(
      of(
        [
          ["looked", 0],
          ["put", 1],
        ],
        2,
      ),
    ).toBeUndefined();
  });

  it("of a trigger is told too, by the property that its steps have in common", () => {
    const happened = [
      ["looked", 0, { at_what: "hat" }],
      ["looked", 0.5, { at_what: "bag" }],
      ["put", 1, { at_what: "hat" }],
    ] as const;
    const why = whyReport(told(happened, 1.25), "trigger:left") as WhyReport;
    expect(underWay(why)).toMatchObject({ came: [{ at: START }, { at: START + HOUR_MS }], until: START + 2 * HOUR_MS });
    expect(why.tree[0]).toMatchObject({ holds: false });
  });

  it("is read by the name that was asked for, and by one clock throughout", () => {
    const why = whyReport(
      told(
        [
          ["looked", 0],
          ["put", 1],
        ],
        3,
      ),
      "left",
    ) as WhyReport;
    const text = renderWhy(why, createStyle(false), "marie@example.fr");
    expect(text).toMatch(/^marie@example\.fr is in the segment left\n/);
    expect(text).toContain(`within 1 hour: ${localTime(START + 2 * HOUR_MS)}\n`);
    expect(text).not.toMatch(/\d{4}-\d\d-\d\dT/);
    const waiting = renderWhy(whyReport(told([["looked", 0]], 1), "left") as WhyReport, createStyle(false));
    expect(waiting).toContain(`came     ${localTime(START)}  looked\n`);
    expect(waiting).toContain(`awaited  until ${localTime(START + 2 * HOUR_MS)}: put within 2 hours`);
  });
});
