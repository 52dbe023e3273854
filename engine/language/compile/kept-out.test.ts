/** Contents with holdouts: who is shown what, who comes to which holdout, and that the rules say so. */
import { describe, expect, it } from "vitest";
import { createEventLogView } from "../../../tests/language/event-log-view.ts";
import { describeRules } from "../explain/describe-rules.ts";
import { EVERYTHING, isHeldOut } from "../../model/holdout.ts";
import { createProfileId, NOBODY, type Slot } from "../../model/ids.ts";
import type { ProfileView } from "../../model/plan.ts";
import { encodePlan } from "../plan/plan-bytes.ts";
import { loadPlan } from "./load-plan.ts";
import { soundSource } from "./sound-rules-fixtures.ts";

const source = soundSource({
  "fields.yaml": "fields: {city: text}\n",
  "events/seen.yaml": "event: seen\nproperties: {town: text}\n",
  "pressure.yaml": "holdout: 30%\n",
  "content/hero.yaml":
    "content: hero\ncategory: marketing\nholdout: 40% by spring\nfirst of:\n  - {when: city = Paris, show: paris}\n  - {when: town = Lyon, show: lyon}\notherwise: plain\n",
  "content/note.yaml": "content: note\nfirst of:\n  - {when: city = Paris, show: paris}\notherwise: none\n",
});
const plan = loadPlan(encodePlan(source));
const SPRING = { percent: 40, salt: "spring" };
const ALL = { percent: 30, salt: EVERYTHING };

function viewOf(id: string, city?: string): ProfileView {
  const view = createEventLogView(plan);
  if (city !== undefined) view.setAttribute(0, city);
  return Object.assign(view, { id });
}

const ids = Array.from({ length: 200 }, (_, n) => createProfileId(1 as Slot, 5, n + 1));

describe("a content with holdouts", () => {
  it("shows `otherwise` to who is held out, with the name of what holds them out, and to all others what holds", () => {
    const shown = new Set<string | undefined>();
    for (const id of ids) {
      const by = [ALL, SPRING].find((holdout) => isHeldOut(id, holdout))?.salt;
      shown.add(by);
      const [hero, note] = plan.decide(viewOf(id, "Paris"), 0);
      expect(hero).toEqual(
        by === undefined
          ? { content: "hero", show: "paris", choice: 1 }
          : { content: "hero", show: "plain", choice: 0, heldOut: by },
      );
      // One without a category is nobody's marketing.
      expect(note).toEqual({ content: "note", show: "paris", choice: 1 });
      expect(plan.decide(viewOf(id), 0)[0]).toEqual({ content: "hero", show: "plain", choice: 0 });
    }
    expect([...shown].sort()).toEqual([EVERYTHING, "spring", undefined]);
    expect(plan.decide(viewOf(NOBODY, "Paris"), 0)[0]).toMatchObject({ show: "paris" });
  });

  it("is come to by who would be shown something, also by the event at hand, in the order of its holdouts", () => {
    for (const id of ids) {
      expect(plan.exposures?.(viewOf(id), 0)).toEqual([]);
      const event = { name: "seen" as never, fields: { town: "Lyon" } };
      const met = plan.exposures?.(viewOf(id), 0, event)?.map(({ salt, heldOut }) => `${salt} ${heldOut}`);
      if (isHeldOut(id, ALL)) expect(met).toEqual([`${EVERYTHING} true`]);
      else expect(met).toEqual([`${EVERYTHING} false`, `spring ${isHeldOut(id, SPRING)}`]);
    }
  });

  it("is said in plain words", () => {
    const lines = describeRules(source, []).flatMap((rule) => rule.lines);
    expect(lines).toContain('but always plain to 40 % of profiles, drawn by "spring"');
    expect(lines).toContain('  and 30 % of profiles, drawn by "everything", nothing but what is owed to them');
  });
});
