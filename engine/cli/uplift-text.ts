/** A comparison of holdouts as a person reads it: two lines of figures a holdout, what they say, and what to know. Pure. */
import type { UpliftReport } from "../control/uplift-port.ts";
import { DAY_MS } from "../model/local-time.ts";
import { printable, type Style } from "./terminal.ts";
import { renderTable } from "./text-table.ts";

type Holdout = UpliftReport["holdouts"][number];

/** Groups that are so unlikely were not made by the draw alone. */
const splitChanceMin = 0.001;

export function renderUplift(report: UpliftReport, where: string, style: Style): string {
  const { event, less, withinMs, at, holdouts } = report;
  const of = less === undefined ? event : `${event} less ${less}`;
  const when = `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const head = `${style.bold("Uplift")}  of ${printable(of)} within ${days(withinMs)}, as of ${when}  ${style.dim(where)}`;
  if (holdouts.length === 0)
    return `${head}\n\nNobody has come to a holdout. Write one into a trigger, a content or pressure.yaml: \`holdout: 10%\`.`;
  return [head, ...holdouts.map((holdout) => section(holdout, report, style))].join("\n\n");
}

function section(holdout: Holdout, { value, withinMs }: UpliftReport, style: Style): string {
  const { treated, heldOut, conversion, amount, pending, both, splitChance, percents, of } = holdout;
  const rows = [row("treated", treated), row("held out", heldOut)];
  const columns = [
    { title: "", align: "left" },
    { title: "People", align: "right" },
    { title: "Converted", align: "right" },
    { title: "Share", align: "right" },
    { title: `${printable(value)} each`, align: "right" },
  ] as const;
  const notes: string[] = [];
  if (pending > 0)
    notes.push(`${integer(pending)} came to it less than ${days(withinMs)} ago, and are not counted yet.`);
  if (both > 0) notes.push(`${integer(both)} were in both groups: the true difference is larger than what is seen.`);
  const isOdd = splitChance < splitChanceMin;
  return [
    `${style.bold(printable(holdout.holdout))}  ${percents.join(" and ")} % held out  ${style.dim(of.map(printable).join(", "))}`,
    ...renderTable(columns, rows, { title: style.dim }).map((line) => `  ${line}`),
    ...(isOdd
      ? [
          style.red(
            `  The groups are not as they were drawn (by chance ${splitChance.toPrecision(1)}): compare nothing.`,
          ),
        ]
      : [...converts(holdout, style), ...spends(amount, style)]),
    ...(conversion === undefined && !isOdd ? ["  One of the groups has nobody yet."] : []),
    ...notes.map((note) => style.dim(`  ${note}`)),
  ].join("\n");
}

function row(name: string, { people, converted, value }: Holdout["treated"]): readonly string[] {
  const share = people === 0 ? "" : `${((converted / people) * 100).toFixed(2)} %`;
  return [name, integer(people), integer(converted), share, people === 0 ? "" : decimal(value / people)];
}

function converts({ conversion, heldOut }: Holdout, style: Style): readonly string[] {
  if (conversion === undefined) return [];
  const { difference, low, high } = conversion;
  const points = (share: number): string => signed(share * 100);
  const before = heldOut.people === 0 ? 0 : heldOut.converted / heldOut.people;
  const relative = before === 0 ? "" : `, which is ${signed((difference / before) * 100, 0)} %`;
  const text = `  ${points(difference)} points convert (${points(low)} to ${points(high)})${relative}: ${verdict(low, high)}`;
  return [low > 0 ? style.green(text) : high < 0 ? style.red(text) : text];
}

function spends(amount: Holdout["amount"], style: Style): readonly string[] {
  if (amount === undefined) return [style.dim("  Too few people to say what they spend.")];
  const { difference, low, high } = amount;
  const text = `  ${signed(difference)} each (${signed(low)} to ${signed(high)}): ${verdict(low, high)}`;
  return [low > 0 ? style.green(text) : high < 0 ? style.red(text) : text];
}

function verdict(low: number, high: number): string {
  if (low > 0) return "more than without it";
  return high < 0 ? "less than without it" : "no difference is shown";
}

function days(ms: number): string {
  const count = ms / DAY_MS;
  return count === 1 ? "1 day" : `${NUMBERS.format(count)} days`;
}

const NUMBERS = new Intl.NumberFormat("en-US");

function integer(value: number): string {
  return NUMBERS.format(value);
}

function decimal(value: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return `${value < 0 ? "-" : "+"}${text}`;
}
