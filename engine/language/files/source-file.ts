/**
 * `sources/*.yaml`: how the rows of a retailer's own file become receipts, for `vif replay`. Checked with the rules, and
 * no part of the plan. What columns the file really has is known only when it is opened: see check-columns.ts.
 */
import { sourceColumnsMax, sourceRowsWithinMax } from "../../limits.ts";
import {
  CUSTOMER_IDENTIFIERS,
  type LineGrouping,
  type LineMapping,
  type ReceiptMapping,
  type SourceMapping,
} from "../../model/source-mapping.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import { checkName } from "../check/vocabulary.ts";
import { parseYaml, type YamlValue } from "../source/yaml-source.ts";
import { checkRuleName } from "./file-name.ts";
import { checkTitle, headOf, readMapping, readText } from "./mapping.ts";
import type { RuleFile } from "../source/source.ts";
import type { FileKind, SourceDeclaration } from "./rule-declarations.ts";
import { choiceSchema, mappingSchema, nameSchema, noteSchema, textSchema, titleSchema } from "./file-schema.ts";
import {
  createCellReader,
  type CellReader,
  numberCellSchema,
  testSchema,
  textCellSchema,
  timeCellSchema,
} from "./source-cells.ts";

const form = {
  what: "a source",
  keys: ["source", "title", "note", "file", "separator", "lines of a receipt", "receipt", "line"],
  required: ["source", "receipt", "line"],
} as const;
const receiptForm = {
  what: "a receipt",
  keys: ["id", "store", "till", "time", "currency", "return when", "refers to", "customer"],
  required: ["id", "store", "till", "time", "currency"],
} as const;
const lineForm = {
  what: "a line",
  keys: ["sku", "name", "quantity", "price", "total"],
  required: ["sku", "quantity"],
} as const;
const customerForm = { what: "a customer", keys: CUSTOMER_IDENTIFIERS, required: [] } as const;

const FORMS = ["csv", "ndjson"] as const;
/** By the names under which people know them; any other single character stands for itself. */
const SEPARATORS: Readonly<Record<string, string>> = { comma: ",", semicolon: ";", tab: "\t", bar: "|" };

const receiptSchema = mappingSchema(
  receiptForm,
  {
    id: textCellSchema("What tells one receipt from another."),
    store: textCellSchema("The store."),
    till: textCellSchema("The till."),
    time: timeCellSchema("When it was."),
    currency: textCellSchema("The currency (ISO 4217)."),
    "return when": testSchema("A receipt whose first line passes this is a return."),
    "refers to": textCellSchema("The receipt that a return refers to."),
    customer: mappingSchema(
      customerForm,
      {
        card: textCellSchema("A loyalty card."),
        phone: textCellSchema("A phone number."),
        email: textCellSchema("An e-mail address."),
        userId: textCellSchema("The customer's id in the shop."),
      },
      "Who bought, by one or several identifiers.",
    ),
  },
  "What all lines of a receipt share.",
);
const lineSchema = mappingSchema(
  lineForm,
  {
    sku: textCellSchema("The article's number."),
    name: textCellSchema("The article's name."),
    quantity: numberCellSchema("How many; below zero in a return."),
    price: numberCellSchema("The price of one."),
    total: numberCellSchema("The price of all."),
  },
  "One line of a receipt; it has `price`, `total`, or both.",
);
const keys = {
  source: nameSchema("The name of the mapping; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  file: choiceSchema(FORMS, "How the file is written; `csv` when absent."),
  separator: textSchema("Of a csv file: `comma`, `semicolon`, `tab`, `bar`, or the sign itself."),
  "lines of a receipt": textSchema("How far apart they may be: `together`, `within 1000 rows` or `anywhere`."),
  receipt: receiptSchema,
  line: lineSchema,
};

export const sourceFile: FileKind<SourceDeclaration> = {
  kind: "source",
  place: "sources",
  read: readSource,
  schema: { title: "Source", ...mappingSchema(form, keys, "How the rows of a file become receipts.") },
};

/** @param stem the file's name without `.yaml` */
export function readSource(file: RuleFile, stem: string, report: Report): SourceDeclaration {
  let sound = true;
  const strict: Report = (complaint) => {
    sound = false;
    report(complaint);
  };
  const yaml = parseYaml(file, strict);
  const values = yaml === undefined ? undefined : readMapping(yaml, form, strict)?.values;
  const cells = createCellReader(strict);
  const mapping = values === undefined ? undefined : readBody(values, stem, cells);
  if (mapping !== undefined && cells.columns.length > sourceColumnsMax) {
    const message = `a source reads at most ${sourceColumnsMax} columns, this one ${cells.columns.length}`;
    const span = cells.columns[sourceColumnsMax]?.span ?? NOWHERE;
    strict({ code: "over_limit", span, message, suggestion: "leave out those that no rule needs" });
  }
  const name = mapping?.name ?? stem;
  return {
    kind: "source",
    name: { name, span: NOWHERE },
    mapping: sound ? mapping : undefined,
    columns: cells.columns,
  };
}

const NOWHERE: Span = { start: 0, end: 0 };

type Values = ReadonlyMap<(typeof form.keys)[number], YamlValue>;

function readBody(values: Values, stem: string, cells: CellReader): SourceMapping | undefined {
  const { report } = cells;
  const name = readText(values.get("source"), "the name of a source", report);
  if (name !== undefined && checkName(name, "kebab", report)) checkRuleName(name, stem, report);
  checkTitle(values.get("title"), report);
  readText(values.get("note"), "a note", report);
  const written = readForm(values.get("file"), report);
  const separator = readSeparator(values.get("separator"), written, report);
  const grouping = readGrouping(values.get("lines of a receipt"), report);
  const receipt = readReceipt(values.get("receipt"), cells);
  const line = readLine(values.get("line"), cells);
  if (name === undefined || receipt === undefined || line === undefined) return undefined;
  const columns = cells.columns.map((column) => column.name);
  return { name: name.value, form: written, separator, grouping, columns, receipt, line };
}

function readForm(value: YamlValue | undefined, report: Report): SourceMapping["form"] {
  const text = readText(value, "the form of a file", report);
  const known = FORMS.find((name) => name === text?.value);
  if (text !== undefined && known === undefined) {
    const message = `\`${text.value}\` is no form of a file that can be read`;
    report({ code: "unknown_choice", span: text.span, message, suggestion: suggestName(text.value, FORMS, "forms") });
  }
  return known ?? "csv";
}

function readSeparator(value: YamlValue | undefined, written: SourceMapping["form"], report: Report): string {
  const text = readText(value, "a separator", report);
  if (text === undefined) return ",";
  const sign = SEPARATORS[text.value] ?? text.value;
  if (written !== "csv") {
    const message = "only a csv file has a separator";
    report({ code: "not_applicable", span: text.span, message, suggestion: "leave this line out" });
  } else if (sign.length !== 1 || /["\r\n]/.test(sign)) {
    const message = `a separator is one character, and \`${text.value}\` is not`;
    const suggestion = "write `comma`, `semicolon`, `tab`, `bar`, or the character itself in quotes";
    report({ code: "unknown_choice", span: text.span, message, suggestion });
  }
  return sign;
}

const WITHIN = /^within (\d{1,9}) rows$/;

function readGrouping(value: YamlValue | undefined, report: Report): LineGrouping {
  const text = readText(value, "`lines of a receipt`", report);
  if (text === undefined || text.value === "together") return { is: "within", rows: 0 };
  if (text.value === "anywhere") return { is: "anywhere" };
  const rows = Number(WITHIN.exec(text.value)?.[1] ?? Number.NaN);
  if (rows <= sourceRowsWithinMax) return { is: "within", rows };
  const over = rows > sourceRowsWithinMax;
  const message = over
    ? `lines of a receipt are looked for within at most ${sourceRowsWithinMax} rows`
    : `\`${text.value}\` does not say how far apart the lines of a receipt may be`;
  const suggestion = over ? "write `anywhere`" : "write `together`, `within 1000 rows` or `anywhere`";
  report({ code: over ? "over_limit" : "unknown_choice", span: text.span, message, suggestion });
  return { is: "anywhere" };
}

function readReceipt(value: YamlValue | undefined, cells: CellReader): ReceiptMapping | undefined {
  const values = value === undefined ? undefined : readMapping(value, receiptForm, cells.report)?.values;
  if (values === undefined) return undefined;
  const id = cells.text(values.get("id"), "the id of a receipt");
  const store = cells.text(values.get("store"), "a store");
  const till = cells.text(values.get("till"), "a till");
  const time = cells.time(values.get("time"));
  const currency = cells.currency(values.get("currency"));
  const returned = cells.test(values.get("return when"));
  const refersTo = cells.text(values.get("refers to"), "the receipt that a return refers to");
  const customer = readCustomer(values.get("customer"), cells);
  if (id === undefined || store === undefined || till === undefined) return undefined;
  if (time === undefined || currency === undefined) return undefined;
  return { id, store, till, time, currency, returned, refersTo, customer };
}

function readCustomer(value: YamlValue | undefined, cells: CellReader): ReceiptMapping["customer"] {
  const entries = value === undefined ? undefined : readMapping(value, customerForm, cells.report)?.values;
  return [...(entries ?? [])].flatMap(([as, given]) => {
    const cell = cells.text(given, "an identifier of the customer");
    return cell === undefined ? [] : [{ as, cell }];
  });
}

function readLine(value: YamlValue | undefined, cells: CellReader): LineMapping | undefined {
  const values = value === undefined ? undefined : readMapping(value, lineForm, cells.report)?.values;
  if (value === undefined || values === undefined) return undefined;
  const sku = cells.text(values.get("sku"), "the sku of a line");
  const name = cells.text(values.get("name"), "the name of an article");
  const quantity = cells.number(values.get("quantity"), "a quantity");
  const price = cells.number(values.get("price"), "a price");
  const total = cells.number(values.get("total"), "the total of a line");
  if (!values.has("price") && !values.has("total")) {
    const message = "a line needs `price:`, `total:`, or both";
    cells.report({ code: "missing_key", span: headOf(value), message, suggestion: "add a line `price: ...`" });
  }
  return sku === undefined || quantity === undefined ? undefined : { sku, name, quantity, price, total };
}
