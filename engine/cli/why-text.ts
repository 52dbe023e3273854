/** An explanation as a person reads it: the tree of the rule, each part with what holds and what it read. Pure. */
import type { WhyReport } from "../control/profile-port.ts";
import { localTime, mark } from "./engine-client.ts";
import { messageText } from "./message-text.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";

/** By what is known of a trigger's condition. */
const CONDITION: Readonly<Record<string, string>> = {
  true: "its condition holds",
  false: "its condition does not hold",
  undefined: "whether its condition holds depends on the event",
};

/** @param who as they were asked for: the name that the reader knows them by */
export function renderWhy(why: WhyReport, style: Style, who = why.profile): string {
  const { bold, dim, green, yellow } = style;
  const name = printable(who);
  const fired = (why.fired ?? []).flatMap(({ at, message, now }) => [
    `${green("fired")} ${localTime(at)}  ${dim(message)}`,
    ...(now === undefined ? [] : [`      ${messageText(now)}`]),
  ]);
  const head =
    why.kind === "trigger"
      ? `${bold(why.rule)} ${fired.length === 0 ? "has not fired" : "has fired"} for ${name}; ${CONDITION[String(why.holds)] ?? ""}`
      : why.kind === "segment"
        ? `${name} is ${why.holds === true ? green("in") : "not in"} the segment ${bold(why.rule)}`
        : why.kind === "loyalty"
          ? `${bold(why.rule)}: ${name} has ${green(`${NUMBERS.format(why.ledger?.balance ?? 0)} points`)}`
          : why.kind === "recommendation"
            ? `${bold(why.rule)} has ${why.holds === undefined ? yellow("products unknown") : green(productsText(why.tree.length))} for ${name}`
            : `${bold(why.rule)} shows ${green(why.shows ?? "nothing")} to ${name}`;
  const { recorded } = why;
  const record =
    recorded === undefined
      ? []
      : [
          dim(
            `on record: ${recorded.inside ? "in" : "out"} since ${localTime(recorded.since)}, entered ${recorded.entries} ${recorded.entries === 1 ? "time" : "times"}`,
          ),
        ];
  const lines = why.tree.flatMap((part) => {
    const indent = "  ".repeat(part.depth);
    const shown =
      part.show === undefined
        ? []
        : [`\n${bold(printable(part.show))}${why.kind === "loyalty" ? ", when" : " is shown when"}`];
    const line = `${mark(part.holds, style)} ${indent}${printable(part.text)}`;
    // A value under its own name again says nothing new.
    const read = part.values.flatMap(({ name, value, events = [], underWay }) => {
      const told = `${dim(`${printable(name)}:`)} ${value === undefined ? yellow("unknown") : printable(withLocalTimes(value))}`;
      const behind = events.map(({ at, value: worth }) =>
        worth === 1 || worth === "" ? localTime(at) : `${localTime(at)}  ${printable(String(worth))}`,
      );
      const steps = underWay === undefined ? [] : underWayLines(underWay);
      return [
        told,
        ...steps.map((step) => dim(`  ${step}`)),
        ...behind.map((event, index) => dim(`  ${index === 0 ? "from" : "    "} ${event}`)),
      ].map((text) => `    ${indent}${text}`);
    });
    return [...shown, line, ...read];
  });
  const caveats = why.caveats.map((caveat) => yellow(withLocalTimes(caveat)));
  return [
    head,
    dim(`as of ${localTime(why.at)}, profile ${why.profile}, rules ${why.plan.slice(0, 8)}`),
    ...record,
    ...fired,
    ...(why.ledger?.receipts.map(receiptLine) ?? []),
    "",
    ...lines,
    ...caveats,
  ].join("\n");
}

function productsText(count: number): string {
  return count === 0 ? "no product" : count === 1 ? "1 product" : `${count} products`;
}

const NUMBERS = new Intl.NumberFormat("en-US");

/** "+50 on 1 Mar, receipt 17 of lyon-1: 25 by club-points, 25 by shoes-in-march" */
function receiptLine({ receiptId, store, kind, at, earned, reversed, by }: Receipt): string {
  const points = kind === "return" ? -reversed : earned;
  const parts = by === undefined ? "" : `: ${by.map((part) => `${signed(part.points)} by ${part.rule}`).join(", ")}`;
  return `${signed(points)}  ${localTime(at)}  ${kind} ${printable(receiptId)}, ${printable(store)}${printable(parts)}`;
}

type Receipt = NonNullable<WhyReport["ledger"]>["receipts"][number];

function signed(points: number): string {
  return `${points < 0 ? "-" : "+"}${NUMBERS.format(Math.abs(points))}`;
}

type UnderWay = NonNullable<WhyReport["tree"][number]["values"][number]["underWay"]>;

function underWayLines({ came, awaited, until }: UnderWay): readonly string[] {
  const steps = came.map(({ step, at }) => `came     ${localTime(at)}  ${printable(step)}`);
  return [...steps, `awaited  until ${localTime(until)}: ${printable(awaited)}`];
}

/** One form of time throughout: what is written in UTC as rules write it is told by this computer's clock, as the rest is. */
function withLocalTimes(text: string): string {
  if (text.startsWith('"')) return text;
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, (written) => localTime(Date.parse(written)));
}
