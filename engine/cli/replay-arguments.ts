/** What stands after `vif replay`, and its help: parsed, or said to be wrong with what is allowed. Pure. */
import { parseArgs } from "node:util";
import type { Instant } from "../model/ids.ts";
import type { Effects } from "../model/receipt.ts";
import { type Nearest, UsageError } from "./command.ts";
import { DAY_MS } from "../model/local-time.ts";

export const REPLAY_HELP = `Brings a file of past receipts in, through the running engine.

Usage: vif replay FILE --map MAPPING [options]

FILE is CSV or JSON lines, packed with gzip or not. MAPPING is the name of a source in rules/sources/, which says how rows
become receipts, or the path of such a file.

Options:
  --speed N|max     how many times as fast as it happened; max (the default): as fast as it goes
  --shift TIME      times other than the file's: a time for its first receipt (now, 2026-01-01,
                    2026-01-01T08:00Z), or a distance for all (365 days, "-2 hours")
  --effects MODE    off (the default): nothing is shown to or sent to anybody because of it;
                    record: what would be is recorded; on: as if it happened now
  --key NAME        the till's key that receipts come in by, where there are several
  --again           read a file anew that was replayed before; no receipt counts twice
  --json            one JSON object in place of the sums
  --help            this text

A replay that was stopped or killed goes on where it was when it is begun again; one whose engine was killed waits for it.
A row that is no line of a receipt goes to FILE.rejected, with its line and the reason; mended, that file can be replayed.

Examples:
  vif replay online_retail.csv.gz --map online-retail
  vif replay receipts.ndjson --map ./till-export.yaml --speed 3600 --shift now --effects on

Exit codes: 0 all of it is in, 1 not all, 2 not understood.`;

export interface ReplayArguments {
  readonly file: string;
  /** A name in rules/sources/, or a path. */
  readonly map: string;
  /** undefined: as fast as it goes. */
  readonly speed: number | undefined;
  readonly shift: Shift;
  readonly effects: Effects;
  readonly key: string | undefined;
  readonly again: boolean;
  readonly json: boolean;
}

/** `by`: everything later by so much. `to`: the first receipt happens then. */
export type Shift =
  | { readonly is: "none" }
  | { readonly is: "by"; readonly ms: number }
  | { readonly is: "to"; readonly at: Instant };

const VALUES = ["map", "speed", "shift", "effects", "key"] as const;
const SWITCHES = ["again", "json"] as const;
const EFFECTS: readonly string[] = ["off", "record", "on"] satisfies readonly Effects[];

/**
 * @param now for `--shift now`
 * @throws UsageError
 */
export function parseReplayArguments(args: readonly string[], nearest: Nearest, now: Instant): ReplayArguments {
  const options = Object.fromEntries([
    ...VALUES.map((name) => [name, { type: "string" as const }]),
    ...SWITCHES.map((name) => [name, { type: "boolean" as const }]),
  ]);
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string>();
  const files: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") files.push(token.value);
    if (token.kind !== "option") continue;
    const known: readonly string[] = [...VALUES, ...SWITCHES];
    if (!known.includes(token.name)) {
      const near = nearest(
        token.rawName,
        known.map((name) => `--${name}`),
      );
      throw new UsageError(`${token.rawName} is no option.${near === undefined ? "" : ` Did you mean ${near}?`}`);
    }
    const isSwitch = (SWITCHES as readonly string[]).includes(token.name);
    if (isSwitch && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
    if (!isSwitch && (token.value === undefined || token.value === ""))
      throw new UsageError(`${token.rawName} wants a value behind it.`);
    given.set(token.name, token.value ?? "");
  }
  const [file, second] = files;
  if (file === undefined) throw new UsageError("Which file is to be replayed? vif replay FILE --map MAPPING");
  if (second !== undefined) throw new UsageError(`One file at a time: "${file}" or "${second}".`);
  const map = given.get("map");
  if (map === undefined)
    throw new UsageError("How do rows become receipts? Name a source of rules/sources/ with --map, or its file.");
  const effects = given.get("effects") ?? "off";
  if (!EFFECTS.includes(effects)) throw new UsageError(`--effects is off, record or on, and not "${effects}".`);
  return {
    file,
    map,
    speed: parseSpeed(given.get("speed") ?? "max"),
    shift: parseShift(given.get("shift"), now),
    effects: effects as Effects,
    key: given.get("key"),
    again: given.has("again"),
    json: given.has("json"),
  };
}

function parseSpeed(text: string): number | undefined {
  if (text === "max") return undefined;
  const speed = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (speed > 0) return speed;
  throw new UsageError(`--speed is max, or how many times as fast as it happened (1, 60, 3600), and not "${text}".`);
}

const UNITS_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const DURATION = /^([+-]?)(\d{1,9}) ?(second|minute|hour|day|week)s?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/;

function parseShift(text: string | undefined, now: Instant): Shift {
  if (text === undefined) return { is: "none" };
  if (text === "now") return { is: "to", at: now };
  const duration = DURATION.exec(text);
  if (duration !== null) {
    const ms = Number(duration[2]) * (UNITS_MS[duration[3] ?? ""] ?? 0);
    return { is: "by", ms: duration[1] === "-" ? -ms : ms };
  }
  const at = DAY.test(text) || INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return { is: "to", at };
  throw new UsageError(
    `--shift is a time for the first receipt (now, 2026-01-01, 2026-01-01T08:00Z) or a distance (365 days, "-2 hours"), and not "${text}".`,
  );
}
