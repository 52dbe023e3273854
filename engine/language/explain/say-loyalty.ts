/** The loyalty rule in plain English: what receipts earn, what returns take back, and what the till says. */
import type { Bonus } from "../../model/earning.ts";
import { localOf } from "../../model/local-time.ts";
import { brandZone } from "../../model/local-zones.ts";
import type { MessagePair } from "../../model/loyalty.ts";
import { printDate } from "../grammar/instant.ts";
import { type BonusSource, type LoyaltySource, type PlanSource, tenThousand } from "../plan/checked.ts";
import { type Naming, sayCondition } from "./paraphrase.ts";

const ROUNDED = { down: "rounded down", nearest: "rounded to the nearest", up: "rounded up" } as const;
const BALANCES = {
  "may be negative": "A return may take more points than are left; the balance is then below zero",
  "not below zero": "A return takes at most the points that are left",
} as const;
const UNMATCHED = {
  "at the rate": "A return whose receipt is not known takes back what its amount would earn today",
  nothing: "A return whose receipt is not known takes nothing back",
} as const;

export function sayLoyalty(plan: PlanSource, loyalty: LoyaltySource, naming: Naming): readonly string[] {
  const { name, points, per, currency, rounding, atMost, excluded, balance, unmatched } = loyalty;
  const earned = `${points} ${points === 1 ? "point" : "points"}`;
  const lines = [
    `A sale in ${currency} earns ${earned} for every ${per / tenThousand} ${currency}, ${ROUNDED[rounding]}`,
    ...(excluded.length === 0 ? [] : [`Articles of ${listed(excluded)} earn nothing`]),
    ...(loyalty.bonuses ?? []).flatMap((bonus) => sayWholeBonus(plan, bonus, naming)),
    ...(atMost === undefined ? [] : [`One receipt earns at most ${atMost} points, bonuses with it`]),
    "A return takes back what its lines have earned, in proportion",
    BALANCES[balance],
    UNMATCHED[unmatched],
    ...sayPair("A sale", "what the content %s chooses", loyalty.sale),
    ...sayPair("A return", "the template %s", loyalty.onReturn),
    ...sayPair("Without a card the till", "the template %s", loyalty.nobody),
  ];
  return [`By the loyalty rule ${name}`, ...lines.map((line) => `  ${line}`)];
}

function sayWholeBonus(plan: PlanSource, bonus: BonusSource, naming: Naming): readonly string[] {
  const line = `By the bonus ${bonus.name} a sale earns ${sayBonus(bonus, plan)}`;
  if (bonus.when === null) return [line];
  return [`${line} when`, ...sayCondition(plan, bonus.when, naming).map((line) => `  ${line}`)];
}

/** "2 times the points, of shoes, from 2027-03-01, until 2027-03-31" */
export function sayBonus({ earns, categories, from, until }: Bonus, { zone, loyalty }: PlanSource): string {
  const brand = brandZone(zone.brand);
  const period = [
    ...(from === null ? [] : [`from ${printDate(localOf(brand, from))}`]),
    ...(until === null ? [] : [`until ${printDate(localOf(brand, until - 1))}`]),
  ];
  return [
    sayPoints(earns, loyalty?.currency ?? ""),
    ...(categories === null ? [] : [`of ${listed(categories)}`]),
    ...period,
  ].join(", ");
}

function sayPoints(earns: Bonus["earns"], currency: string): string {
  switch (earns.is) {
    case "times":
      return `${earns.hundredths / 100 + 1} times the points`;
    case "rate":
      return `${earns.points} more for every ${earns.per / tenThousand} ${currency}`;
    case "fixed":
      return `${earns.points} points more`;
  }
}

function sayPair(who: string, what: string, { print, show }: MessagePair): readonly string[] {
  const said = [
    ...(print === null ? [] : [`prints ${what.replace("%s", print)}`]),
    ...(show === null ? [] : [`shows ${what.replace("%s", show)}`]),
  ];
  return said.length === 0 ? [] : [`${who} ${said.join(" and ")}`];
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
