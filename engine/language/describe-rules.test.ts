/** What `vif explain` says of the rules of a brand. */
import { describe, expect, it } from "vitest";
import { checkRules } from "./check-rules.ts";
import { describeRules } from "./describe-rules.ts";
import { readTitles, titleIn } from "./rule-titles.ts";
import { readRulesFolder } from "./rules-folder.ts";

const files = await readRulesFolder("rules");
const { plan } = checkRules(files);
if (plan === undefined) throw new Error("the example brand's rules are not sound");
const rules = describeRules(plan, readTitles(files));
const find = (name: string) => rules.find((rule) => rule.name === name);

describe("a description", () => {
  it("is there of every rule of the plan, with its file and its title in both languages", () => {
    expect(rules).toHaveLength(plan.segments.length + plan.contents.length + (plan.triggers ?? []).length + 1);
    for (const { path, title, lines } of rules) {
      expect(path).toMatch(/\.yaml$/);
      expect(title).toEqual({ en: expect.any(String), fr: expect.any(String) });
      expect(lines.length).toBeGreaterThan(1);
    }
  });

  it("names segments with their titles, and says not in so many words", () => {
    expect(find("lapsing-vip")?.lines).toEqual([
      "A profile is in the segment lapsing-vip when",
      "  all of this holds:",
      "    the profile is in the segment vip (Best customers of the year)",
      "    the last order_completed was longer ago than 60 days",
      "    any of this holds:",
      '      city is one of "Lyon", "Paris"',
      "      the number of store_visited in the last 90 days is at least 1",
      "    the profile is not in the segment unreachable (Wants no messages)",
    ]);
  });

  it("has its title where its file has signs that YAML would take for its own", () => {
    const text = "trigger: x\ntitle: X\non: order_completed\nsend: {template: x, by: best of [sms, email]}\n";
    expect(readTitles([{ path: "triggers/x.yaml", text }])).toEqual([
      { kind: "trigger", name: "x", path: "triggers/x.yaml", title: { "": "X" } },
    ]);
  });

  it("tells which rules it reads, and which read it", () => {
    expect(find("lapsing-vip")?.reads).toEqual([
      { kind: "segment", name: "unreachable" },
      { kind: "segment", name: "vip" },
    ]);
    expect(find("lapsing-vip")?.readBy).toEqual([
      { kind: "content", name: "home-hero" },
      { kind: "trigger", name: "lapsing-vip" },
    ]);
    expect(find("club-points")?.reads).toEqual([
      { kind: "content", name: "till-message" },
      { kind: "content", name: "till-screen" },
    ]);
  });

  it("of the loyalty rule says what is earned, taken back and told", () => {
    expect(find("club-points")?.lines.slice(0, 4)).toEqual([
      "By the loyalty rule club-points",
      "  A sale in EUR earns 1 point for every 1 EUR, rounded down",
      "  Articles of gift-card earn nothing",
      "  A return takes back what its receipt has earned, in proportion",
    ]);
  });
});

describe("a title", () => {
  const titled = (text: string) => readTitles([{ path: "segments/x.yaml", text }])[0]?.title;

  it.each([
    ["segment: x\ntitle: Everybody", { "": "Everybody" }, "Everybody"],
    ["segment: x\ntitle: {fr: Tous}", { fr: "Tous" }, "Tous"],
    ["segment: x\ntitle: {fr: Tous, en: All}", { fr: "Tous", en: "All" }, "All"],
    ["segment: x", {}, undefined],
  ])("of %j is read in every language, and shown in English where it can be", (text, title, shown) => {
    expect(titled(text)).toEqual(title);
    expect(titleIn(title, ["en"])).toBe(shown);
  });

  it("is not read of a file that declares nothing by name", () => {
    const broken = ["fields.yaml", "segments/x.yaml", "nowhere/x.yaml"].map((path) => ({ path, text: "title: [a" }));
    expect(readTitles(broken)).toEqual([]);
  });
});
