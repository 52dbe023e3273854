/** What stands after `vif segments`, and the sizes as a person reads them. Pure. */
import { parseArgs } from "node:util";
import type { Segments } from "../control/segments-port.ts";
import type { Instant } from "../model/ids.ts";
import { reportNameCellsMax } from "../limits.ts";
import { type Nearest, UsageError } from "./command.ts";
import { printable, type Style } from "./terminal.ts";
import { parseWrittenTime } from "./time-argument.ts";
import { renderTable, shorten } from "./text-table.ts";
import { DAY_MS } from "../model/local-time.ts";

export const SEGMENTS_HELP = `Tells how many people are in each of the brand's segments, now or as of a past day.

Usage: vif segments [--as-of DAY] [--json]

Options:
  --as-of DAY   a day (its end, UTC) or a time: 2011-12-09, 2011-12-09T12:00Z; now when left out
  --json        one JSON object in place of text; the time in milliseconds since 1970
  --help        this text

Sizes are reckoned from history by the rules of today: events up to then count, later ones do not; people whom identifiers
have since shown to be one are one. A running engine is asked; when none runs on the data folder, history and rules are
read directly.

Examples:
  vif segments
  vif segments --as-of 2011-12-09
  vif segments --as-of 2011-06-30 --json | jq '.segments[] | select(.name == "vip").size'

Exit codes: 0 told, 1 not to be had, 2 not understood.`;

export interface SegmentsArguments {
  readonly at: Instant;
  readonly json: boolean;
}

/** @throws UsageError */
export function parseSegmentsArguments(args: readonly string[], nearest: Nearest, now: Instant): SegmentsArguments {
  const options = { "as-of": { type: "string" }, json: { type: "boolean" } } as const;
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  let at = now;
  let json = false;
  for (const token of tokens) {
    if (token.kind === "positional") throw new UsageError(`There is nothing to do with "${token.value}".`);
    if (token.kind !== "option") continue;
    if (token.name === "json") json = true;
    else if (token.name === "as-of") at = parseDay(token.value ?? "");
    else {
      const near = nearest(token.rawName, ["--as-of", "--json"]);
      throw new UsageError(`${token.rawName} is no option.${near === undefined ? "" : ` Did you mean ${near}?`}`);
    }
  }
  return { at, json };
}

/** A day is asked for as it ended. */
function parseDay(text: string): Instant {
  const parsed = parseWrittenTime(text);
  if (parsed === undefined)
    throw new UsageError(`--as-of is a day (2011-12-09) or a time (2011-12-09T12:00Z), and not "${text}".`);
  return parsed.isDay ? parsed.at + DAY_MS : parsed.at;
}

const NUMBERS = new Intl.NumberFormat("en-US");

export function renderSegments({ at, profiles, segments }: Segments, source: string, style: Style): string {
  const when = `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const head = [`${style.bold("Segments")}  as of ${when}  ${style.dim(source)}`, ""];
  const people = `${NUMBERS.format(profiles)} people had done something by then.`;
  if (segments.length === 0) return [...head, people, "There are no segments in the rules."].join("\n");
  // By name, where rules stand in an order that only evaluation needs.
  const byName = [...segments].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = byName.map(({ name, size }) => [
    shorten(printable(name), reportNameCellsMax),
    NUMBERS.format(size),
    profiles === 0 ? "" : `${((size / profiles) * 100).toFixed(1)} %`,
  ]);
  const columns = [
    { title: "Segment", align: "left" },
    { title: "People", align: "right" },
    { title: "Share", align: "right" },
  ] as const;
  return [...head, ...renderTable(columns, rows, { title: style.bold }), "", style.dim(people)].join("\n");
}
