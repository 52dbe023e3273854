/**
 * How the rows of a retailer's own file become receipts: what a file of `rules/sources/` says once it has been checked.
 * Made by the language room, used by replay; no plan contains it. Columns are told by their index in `columns`.
 */
export interface SourceMapping {
  readonly name: string;
  /** How the file is written: cells by separator (RFC 4180), or one JSON object a line. */
  readonly form: "csv" | "ndjson";
  /** One character; of csv only. */
  readonly separator: string;
  readonly grouping: LineGrouping;
  /** Every column that is read, each once. */
  readonly columns: readonly string[];
  readonly receipt: ReceiptMapping;
  readonly line: LineMapping;
}

/**
 * How far apart the lines of one receipt may be. `within`: at most so many rows between two of them, so that a receipt is
 * complete that far behind its last line. `anywhere`: the whole file is read before the first receipt, then in order of time.
 */
export type LineGrouping = { readonly is: "within"; readonly rows: number } | { readonly is: "anywhere" };

export interface ReceiptMapping {
  readonly id: TextCell;
  readonly store: TextCell;
  readonly till: TextCell;
  readonly time: TimeCell;
  readonly currency: TextCell;
  /** A receipt whose first line passes this is a return. */
  readonly returned: TextTest | undefined;
  readonly refersTo: TextCell | undefined;
  /** In the order written; those that are empty in a row are left out. */
  readonly customer: readonly { readonly as: CustomerIdentifier; readonly cell: TextCell }[];
}

export const CUSTOMER_IDENTIFIERS = ["card", "phone", "email", "userId"] as const;
export type CustomerIdentifier = (typeof CUSTOMER_IDENTIFIERS)[number];

export interface LineMapping {
  readonly sku: TextCell;
  readonly name: TextCell | undefined;
  readonly quantity: NumberCell;
  /** At least one of the two; with the price alone the total is quantity x price, with the total alone there is no price. */
  readonly price: NumberCell | undefined;
  readonly total: NumberCell | undefined;
}

export type TextCell =
  | { readonly from: "column"; readonly column: number; readonly withoutEnding: string }
  | { readonly from: "always"; readonly text: string };

export interface NumberCell {
  readonly cell: TextCell;
  readonly decimalMark: "." | ",";
  /** Decimals kept; undefined: a number with more than `moneyDecimalsMax` is refused rather than rounded. */
  readonly roundTo: number | undefined;
}

export interface TimeCell {
  readonly cell: TextCell;
  readonly written: TimeForm;
  /** IANA name of the zone that local times are in; undefined where each says its own. */
  readonly zone: string | undefined;
}

/** `iso`: ISO 8601. `pattern`: digits where its letters stand, itself elsewhere. `unix`: a number of units since 1970. */
export type TimeForm =
  | { readonly is: "iso" }
  | { readonly is: "pattern"; readonly pattern: string }
  | { readonly is: "unix"; readonly unitMs: number };

export interface TextTest {
  readonly cell: TextCell;
  readonly test: "is" | "begins with" | "ends with";
  readonly text: string;
}

/** Decimals of an amount or a quantity: amounts are kept as integers of 1/10,000. */
export const moneyDecimalsMax = 4;
