import { expect, it } from "vitest";
import { createStyle } from "../cli/terminal.ts";
import { renderWhy } from "../cli/why-text.ts";
import { soundSource } from "../language/compile/sound-rules-fixtures.ts";
import { encodePlan, loadPlan } from "../language/port.ts";
import type { PlanDigest, Slot } from "../model/ids.ts";
import { createProfileId } from "../model/ids.ts";
import { createProfile } from "../profile/port.ts";
import type { StripsReport, WhyReport } from "./profile-port.ts";
import { whyReport } from "./why-report.ts";

const source = soundSource({
  "recommendations/liked.yaml": "recommendation: liked\nbased on: popular\n",
  "content/place.yaml": "content: place\nfirst of:\n  - {recommendation: liked, show: some}\notherwise: nothing-here\n",
});
const plan = loadPlan(encodePlan(source));

function why(rule: string, strips?: StripsReport["strips"]): WhyReport {
  const profile = createProfile(createProfileId(0 as Slot, 0, 1), plan);
  const loaded = { digest: "0".repeat(64) as PlanDigest, lacks: "", source, plan };
  return whyReport({ profile, seen: profile, from: "profile", loaded, at: 1, now: 1 }, rule, { strips }) as WhyReport;
}

const HAT = { id: "hat", title: { en: "Felt hat" }, reason: "bought by many", why: { basis: "popular" } } as const;
/** Without the line of the moment and the rules. */
const told = (report: WhyReport): string[] =>
  renderWhy(report, createStyle(false), "marie")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("as of"));

it("a recommendation is explained by its products, each with why it is there", () => {
  expect(told(why("liked", { liked: [HAT] }))).toEqual([
    "liked has 1 product for marie",
    "yes hat, Felt hat: bought by many",
  ]);
  expect(told(why("liked", { liked: [] }))).toEqual(["liked has no product for marie"]);
});

it("a content is explained with the products that it shows, and passes over a choice without any", () => {
  expect(told(why("place", { liked: [HAT] }))).toEqual([
    "place shows some to marie",
    "some is shown when",
    "yes the recommendation liked has products",
    "yes   hat, Felt hat: bought by many",
    "nothing-here is shown when",
    "no  otherwise",
  ]);
  expect(told(why("place", { liked: [] }))).toEqual([
    "place shows nothing-here to marie",
    "some is shown when",
    "no  the recommendation liked has products",
    "nothing-here is shown when",
    "yes otherwise",
  ]);
});

it("what is recommended is not known of the past, and that is said", () => {
  expect(why("place").caveats).toEqual([expect.stringContaining("known of the present alone")]);
  expect(told(why("liked"))[0]).toBe("liked has products unknown for marie");
  expect(why("liked").caveats).toEqual([expect.stringContaining("known of the present alone")]);
});
