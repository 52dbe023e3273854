/** What `vif explain` says of the rules of a brand. */
import { describe, expect, it } from "vitest";
import { checkRules } from "../check/check-rules.ts";
import { describeRules } from "./describe-rules.ts";
import { titleIn } from "../files/title.ts";
import { readTitles } from "./rule-titles.ts";
import { readRulesFolder } from "../folder/rules-folder.ts";

const files = await readRulesFolder("rules");
const { plan } = checkRules(files);
if (plan === undefined) throw new Error("the example brand's rules are not sound");
const rules = describeRules(plan, readTitles(files));
const find = (name: string) => rules.find((rule) => rule.name === name);

describe("a description", () => {
  it("is there of every rule of the plan, with its file and its title in both languages", () => {
    const listed = [plan.segments, plan.contents, plan.triggers ?? [], plan.recommendations?.rules ?? []];
    // Besides, the one file of each of loyalty, pressure and consent.
    expect(rules).toHaveLength(listed.flat().length + 3);
    for (const { path, title, lines } of rules) {
      expect(path).toMatch(/\.yaml$/);
      const hasTitles =
        Object.keys(title).join() === "" || (typeof title["en"] === "string" && typeof title["fr"] === "string");
      expect(hasTitles, path).toBe(true);
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
    expect(find("club-points")?.lines.filter((line) => !line.startsWith("      "))).toEqual([
      "By the loyalty rule club-points",
      "  A sale in EUR earns 1 point for every 1 EUR, rounded down",
      "  Articles of gift-card earn nothing",
      "  By the bonus gold a sale earns 1.25 times the points when",
      "  By the bonus shoes-in-march a sale earns 2 times the points, of shoes, from 2027-03-01, until 2027-03-31 when",
      "  By the bonus marseille-opens a sale earns 100 points more when",
      "  One receipt earns at most 5000 points, bonuses with it",
      "  A return takes back what its lines have earned, in proportion",
      "  A return may take more points than are left; the balance is then below zero",
      "  A return whose receipt is not known takes back what its amount would earn today",
      "  A sale prints what the content till-message chooses and shows what the content till-screen chooses",
      "  A return prints the template till-return and shows the template screen-return",
      "  Without a card the till prints the template till-no-card and shows the template screen-no-card",
    ]);
  });
});

describe("what bounds messages", () => {
  it("is told in words: pressure and consent", () => {
    expect(find("pressure")?.lines).toEqual([
      "One person is sent",
      "  at most 2 messages of marketing in 7 days",
      "  at most 2 messages of marketing by sms in 30 days",
      "  at most 1 message of club in 3 days",
      "  nothing of any kind by sms from 21:00 to 08:00, by the customer's clock",
      "  nothing of any kind by whatsapp from 21:00 to 08:00, by the customer's clock",
    ]);
    expect(find("consent")?.lines.slice(0, 2)).toEqual([
      "Customers say for what they may be written to",
      "  marketing (News and offers) by email, sms, whatsapp: who has said nothing does not agree",
    ]);
  });
});

describe("conditions in words", () => {
  const say = (when: string) => {
    const checked = checkRules([...files, { path: "segments/x.yaml", text: `segment: x\nwhen: ${when}\n` }]);
    if (checked.plan === undefined) throw new Error(JSON.stringify(checked.problems));
    return describeRules(checked.plan, [])
      .find(({ name }) => name === "x")
      ?.lines.slice(1)
      .map((line) => line.trim());
  };

  it.each([
    ["not not in segment vip", "the profile is in the segment vip"],
    [
      "count of order_completed > (count of product_viewed + 1) * 2",
      "the number of order_completed is above (the number of product_viewed plus 1) times 2",
    ],
    [
      "product_viewed where category = shoes then no order_completed within 1 day in last 7 days",
      'there was product_viewed with category = "shoes", and then no order_completed within 1 day, complete in the last 7 days',
    ],
    [
      "not product_viewed then order_completed within 1 day in last 7 days",
      "there was not product_viewed, and then order_completed within 1 day, complete in the last 7 days",
    ],
    ["entered segment vip in last 7 days", "the profile has entered the segment vip in the last 7 days"],
  ])("%s", (when, said) => {
    expect(say(when)).toEqual([said]);
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
