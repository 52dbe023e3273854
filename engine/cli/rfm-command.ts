/** `vif rfm`: who buys how lately, how often and for how much, worked out by the engine that runs. */
import type { Scored } from "../control/night-steps-port.ts";
import type { NightStepForm } from "./night-step-command.ts";
import type { Style } from "./terminal.ts";
import { renderTable } from "./text-table.ts";

const HELP = `Works out recency, frequency and monetary value of all customers from history, and the group that they make, and records
those that have changed: the fields rfm.recency, rfm.frequency, rfm.monetary (1 the lowest fifth of all customers, 5 the
highest) and rfm.group, as far as fields.yaml declares them. It is done by itself in every night.

Usage: vif rfm [--dry-run] [--json]

Options:
  --dry-run   tells how many customers each group has and how many would change, and changes nothing
  --json      one JSON object in place of text
  --help      this text

Customers are those with an order_completed, of the shop or of a till; order_refunded is taken off their value. Customers with
equal values are in the same fifth. Stopped or killed at any point it is run again, and goes on.

Examples:
  vif rfm --dry-run
  vif rfm
  vif rfm --json | jq '.groups[] | select(.group == "cannot lose")'

Exit codes: 0 done, 1 not, 2 not understood.`;

const NUMBERS = new Intl.NumberFormat("en");
const COLUMNS = [
  { title: "GROUP", align: "left" },
  { title: "CUSTOMERS", align: "right" },
] as const;

export const RFM: NightStepForm<Scored> = {
  name: "rfm",
  summary: "work out recency, frequency and monetary value of all customers",
  help: HELP,
  render,
};

function render({ customers, groups, traits, changed, recorded, unreached, dryRun }: Scored, { bold }: Style): string {
  if (customers === 0) return "Nobody has bought anything yet.";
  const rows = groups.map(({ group, people }) => [group, NUMBERS.format(people)]);
  return [...renderTable(COLUMNS, rows, { title: bold }), outcome()].join("\n");

  function outcome(): string {
    if (traits.length === 0)
      return "Nothing is recorded: fields.yaml declares none of rfm.recency, rfm.frequency, rfm.monetary, rfm.group.";
    const of = `of ${NUMBERS.format(customers)} customers`;
    if (dryRun) return `${NUMBERS.format(changed)} ${of} would change.`;
    const left = unreached === 0 ? "" : ` ${NUMBERS.format(unreached)} could not be reached; the next run tries again.`;
    return `${NUMBERS.format(recorded)} ${of} have changed.${left}`;
  }
}
