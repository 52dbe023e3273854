/**
 * The cells of a source: a column by its name, `{always: TEXT}`, or a mapping that says how the column is written. Collects
 * the columns that are read, each with the places where it is named.
 */
import {
  moneyDecimalsMax,
  type NumberCell,
  type TextCell,
  type TextTest,
  type TimeCell,
  type TimeForm,
} from "../../model/source-mapping.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";
import { readZone } from "./brand-file.ts";
import { choiceSchema, eitherSchema, mappingSchema, type Schema, textSchema } from "./file-schema.ts";
import { headOf, readMapping, readText, shapeName } from "./mapping.ts";

/** A column of the file, and where the source first names it. */
export interface ColumnUse {
  readonly name: string;
  readonly span: Span;
}

export interface CellReader {
  readonly report: Report;
  readonly columns: readonly ColumnUse[];
  text(value: YamlValue | undefined, what: string): TextCell | undefined;
  number(value: YamlValue | undefined, what: string): NumberCell | undefined;
  time(value: YamlValue | undefined): TimeCell | undefined;
  currency(value: YamlValue | undefined): TextCell | undefined;
  test(value: YamlValue | undefined): TextTest | undefined;
}

const TEXT_KEYS = ["column", "always", "without ending"] as const;
const NUMBER_KEYS = ["column", "always", "decimal mark", "round to"] as const;
const TIME_KEYS = ["column", "written", "zone"] as const;
const TESTS = ["is", "begins with", "ends with"] as const;

const cell = {
  column: textSchema("The name of a column of the file."),
  always: textSchema("The same for every row."),
  "without ending": textSchema("An ending that is cut off, such as `.0`."),
  "decimal mark": choiceSchema([".", ","], "What stands before the decimals."),
  "round to": {
    enum: Array.from({ length: moneyDecimalsMax + 1 }, (_, decimals) => decimals),
    description: "Decimals.",
  },
  written: textSchema("How a time is written: `YYYY-MM-DD hh:mm:ss`, `ISO 8601` or `seconds since 1970`."),
  zone: textSchema("The time zone of local times, such as `Europe/Paris`."),
  is: textSchema("The whole text looked for."),
  "begins with": textSchema("The beginning looked for."),
  "ends with": textSchema("The ending looked for."),
};
const form = <Key extends keyof typeof cell>(keys: readonly Key[], description: string): Schema =>
  mappingSchema({ keys, required: [] }, cell, description);
const cellSchema = <Key extends keyof typeof cell>(keys: readonly Key[], description: string): Schema =>
  eitherSchema(textSchema("The name of a column."), form(keys, "A column and how it is written."), description);

export const textCellSchema = (description: string): Schema => cellSchema(TEXT_KEYS, description);
export const numberCellSchema = (description: string): Schema => cellSchema(NUMBER_KEYS, description);
export const timeCellSchema = (description: string): Schema => cellSchema(TIME_KEYS, description);
export const testSchema = (description: string): Schema => form(["column", ...TESTS], description);

export function createCellReader(report: Report): CellReader {
  const columns: ColumnUse[] = [];

  function indexOf({ value: name, span }: YamlText): number {
    const known = columns.findIndex((column) => column.name === name);
    return known >= 0 ? known : columns.push({ name, span }) - 1;
  }

  function column(text: YamlText, withoutEnding = ""): TextCell {
    return { from: "column", column: indexOf(text), withoutEnding };
  }

  /** The values of a cell that is a mapping: exactly one of `column` and `always`. */
  function open<Key extends string>(value: YamlValue, what: string, keys: readonly Key[]) {
    const values = readMapping<Key>(value, { what, keys, required: [] }, report)?.values as
      | ReadonlyMap<string, YamlValue>
      | undefined;
    if (values === undefined) return undefined;
    const [by, always] = [values.get("column"), values.get("always")];
    if ((by === undefined) === (always === undefined)) {
      const message = `${what} comes from one \`column:\`${(keys as readonly string[]).includes("always") ? ", or is `always:` the same" : ""}`;
      report({ code: "missing_key", span: headOf(value), message, suggestion: "write `{column: NAME, ...}`" });
      return undefined;
    }
    return values;
  }

  /** The column or constant of an opened cell. */
  function cellOf(values: ReadonlyMap<string, YamlValue>): TextCell | undefined {
    const by = readText(values.get("column"), "the name of a column", report);
    if (by !== undefined) return column(by, readText(values.get("without ending"), "an ending", report)?.value);
    const always = readText(values.get("always"), "what is always the same", report);
    return always === undefined ? undefined : { from: "always", text: always.value };
  }

  function isList(value: YamlValue, what: string): boolean {
    if (value.kind !== "list") return false;
    const message = `${what} is the name of a column or a mapping, and this is ${shapeName(value)}`;
    report({ code: "wrong_shape", span: value.span, message, suggestion: "write the name of one column" });
    return true;
  }

  const reader: CellReader = {
    report,
    columns,

    text(value, what) {
      if (value === undefined || isList(value, what)) return undefined;
      if (value.kind === "text") return column(value);
      const values = open(value, what, TEXT_KEYS);
      return values === undefined ? undefined : cellOf(values);
    },

    number(value, what) {
      if (value === undefined || isList(value, what)) return undefined;
      if (value.kind === "text") return { cell: column(value), decimalMark: ".", roundTo: undefined };
      const values = open(value, what, NUMBER_KEYS);
      const cell = values === undefined ? undefined : cellOf(values);
      if (values === undefined || cell === undefined) return undefined;
      return {
        cell,
        decimalMark: readMark(values.get("decimal mark"), report),
        roundTo: readDecimals(values.get("round to"), report),
      };
    },

    time(value) {
      const what = "the time of a receipt";
      if (value === undefined || isList(value, what)) return undefined;
      if (value.kind === "text") return { cell: column(value), written: { is: "iso" }, zone: undefined };
      const values = open(value, what, TIME_KEYS);
      const cell = values === undefined ? undefined : cellOf(values);
      if (values === undefined || cell === undefined) return undefined;
      const written = readTimeForm(values.get("written"), report);
      const zone = readZone(readText(values.get("zone"), "a time zone", report), report);
      if (written.is === "pattern" && zone === undefined && !values.has("zone")) {
        const message = "times written so are local, and the source does not say where";
        report({ code: "bad_instant", span: headOf(value), message, suggestion: "add `zone: Europe/Paris`" });
      }
      return { cell, written, zone };
    },

    currency(value) {
      const cell = reader.text(value, "a currency");
      if (cell?.from !== "always" || /^[A-Z]{3}$/.test(cell.text)) return cell;
      const message = `\`${cell.text}\` is not the code of a currency (ISO 4217)`;
      const span = value === undefined ? { start: 0, end: 0 } : headOf(value);
      report({ code: "unknown_choice", span, message, suggestion: "codes are such as `EUR`, `GBP`, `USD`" });
      return undefined;
    },

    test(value) {
      if (value === undefined) return undefined;
      const what = "`return when`";
      const values = open(value, what, ["column", ...TESTS]);
      const cell = values === undefined ? undefined : cellOf(values);
      if (values === undefined || cell === undefined) return undefined;
      const [test, second] = TESTS.filter((name) => values.has(name));
      const text = test === undefined ? undefined : readText(values.get(test), "what is looked for", report);
      if (test !== undefined && second === undefined) return text && { cell, test, text: text.value };
      const message = `${what} looks for one thing in its column`;
      const suggestion = "write `{column: NAME, is: TEXT}`, or `begins with`, or `ends with`";
      report({ code: "missing_key", span: headOf(value), message, suggestion });
      return undefined;
    },
  };
  return reader;
}

function readMark(value: YamlValue | undefined, report: Report): "." | "," {
  const text = readText(value, "a decimal mark", report);
  if (text === undefined || text.value === ".") return ".";
  if (text.value === ",") return ",";
  const message = `a decimal mark is \`.\` or \`,\`, and this is \`${text.value}\``;
  report({ code: "unknown_choice", span: text.span, message, suggestion: 'write `"."` or `","`' });
  return ".";
}

function readDecimals(value: YamlValue | undefined, report: Report): number | undefined {
  const text = readText(value, "a number of decimals", report);
  if (text === undefined) return undefined;
  if (/^[0-9]$/.test(text.value) && Number(text.value) <= moneyDecimalsMax) return Number(text.value);
  const message = `\`round to\` is a number of decimals from 0 to ${moneyDecimalsMax}, and this is \`${text.value}\``;
  report({ code: "bad_number", span: text.span, message, suggestion: "write `2` for cents" });
  return undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { "seconds since 1970": 1_000, "milliseconds since 1970": 1 };

function readTimeForm(value: YamlValue | undefined, report: Report): TimeForm {
  const text = readText(value, "how a time is written", report);
  if (text === undefined || text.value === "ISO 8601") return { is: "iso" };
  const unitMs = UNITS_MS[text.value];
  if (unitMs !== undefined) return { is: "unix", unitMs };
  const pattern = text.value;
  // Each part at most once, and a day at least.
  const parts = ["YYYY", "MM", "DD", "hh", "mm", "ss"].map((part) => pattern.split(part).length - 1);
  const sound = parts.every((times) => times <= 1) && parts.slice(0, 3).every((times) => times === 1);
  if (sound && !/[A-Za-z]/.test(pattern.replace(/YYYY|MM|DD|hh|mm|ss|T/g, ""))) return { is: "pattern", pattern };
  const message = `\`${pattern}\` does not say how a time is written`;
  const suggestion =
    "write year, month, day, hour, minute, second as in `YYYY-MM-DD hh:mm:ss`, or `ISO 8601`, or `seconds since 1970`";
  report({ code: "bad_instant", span: text.span, message, suggestion });
  return { is: "iso" };
}
