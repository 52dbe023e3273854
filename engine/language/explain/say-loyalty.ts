/** The loyalty rule in plain English: what receipts earn, what returns take back, and what the till says. */
import type { Loyalty, MessagePair } from "../../model/loyalty.ts";
import { tenThousand } from "../plan/checked.ts";

const ROUNDED = { down: "rounded down", nearest: "rounded to the nearest", up: "rounded up" } as const;
const BALANCES = {
  "may be negative": "A return may take more points than are left; the balance is then below zero",
  "not below zero": "A return takes at most the points that are left",
} as const;
const UNMATCHED = {
  "at the rate": "A return whose receipt is not known takes back what its amount would earn today",
  nothing: "A return whose receipt is not known takes nothing back",
} as const;

export function sayLoyalty(loyalty: Loyalty): readonly string[] {
  const { name, points, per, currency, rounding, excluded, balance, unmatched } = loyalty;
  const earned = `${points} ${points === 1 ? "point" : "points"}`;
  const lines = [
    `A sale in ${currency} earns ${earned} for every ${per / tenThousand} ${currency}, ${ROUNDED[rounding]}`,
    ...(excluded.length === 0 ? [] : [`Articles of ${listed(excluded)} earn nothing`]),
    "A return takes back what its receipt has earned, in proportion",
    BALANCES[balance],
    UNMATCHED[unmatched],
    ...sayPair("A sale", "what the content %s chooses", loyalty.sale),
    ...sayPair("A return", "the template %s", loyalty.onReturn),
    ...sayPair("Without a card the till", "the template %s", loyalty.nobody),
  ];
  return [`By the loyalty rule ${name}`, ...lines.map((line) => `  ${line}`)];
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
