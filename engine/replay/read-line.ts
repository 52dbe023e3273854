/**
 * One row to one line of a receipt, as the source says, or why not: the mapping compiled once for a file. Rows of one
 * receipt mostly stand together and repeat its id, time and customer; what is the same as in the row before is not read again.
 */
import { identifierCharsMax, receiptIdCharsMax, receiptTextCharsMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";
import type { NumberCell, SourceMapping, TextCell, TextTest } from "../model/source-mapping.ts";
import { divide, multiply, parseDecimal, type Scaled } from "./decimal.ts";
import { createTimeParser } from "./local-time.ts";

/** What a row says of its receipt. */
export interface ReceiptHead {
  /** Of store, till and id: what makes it one receipt. */
  readonly key: string;
  readonly id: string;
  readonly store: string;
  readonly till: string;
  readonly at: Instant;
  readonly currency: string;
  readonly returned: boolean;
  /** Empty: none. */
  readonly refersTo: string;
  /** JSON text of the wire's `customer`; empty: nobody. */
  readonly customer: string;
}

export interface ReceiptArticle {
  readonly sku: string;
  /** Empty: none. */
  readonly name: string;
  readonly quantity: Scaled;
  readonly price: Scaled;
  readonly total: Scaled;
}

export interface ReadLine {
  readonly head: ReceiptHead;
  readonly article: ReceiptArticle;
}

/** Text: why the row is rejected. Names the column; for the file of rejected rows only, as it may quote the row. */
export type LineReader = (cells: readonly string[]) => ReadLine | string;

type Text = (cells: readonly string[]) => string;

/** @param columns of the file; each column of the mapping is among them */
export function createLineReader(mapping: SourceMapping, columns: readonly string[]): LineReader {
  const places = mapping.columns.map((name) => columns.indexOf(name));
  const text = (cell: TextCell): Text => textOf(cell, places);
  const nameOf = (cell: TextCell): string =>
    cell.from === "column" ? (mapping.columns[cell.column] ?? "") : `"${cell.text}"`;
  const readHead = createHeadReader(mapping, { text, nameOf });
  const headPlaces = headColumns(mapping).map((column) => places[column] as number);
  const { line } = mapping;
  const sku = text(line.sku);
  const name = line.name === undefined ? () => "" : text(line.name);
  const quantity = numberOf(line.quantity, text, nameOf);
  const price = line.price === undefined ? undefined : numberOf(line.price, text, nameOf);
  const total = line.total === undefined ? undefined : numberOf(line.total, text, nameOf);
  let last: readonly string[] | undefined;
  let head: ReceiptHead | string = "";

  return (cells) => {
    if (last === undefined || headPlaces.some((place) => cells[place] !== last?.[place])) head = readHead(cells);
    last = cells;
    if (typeof head === "string") return head;
    const number = sku(cells);
    if (number === "") return `${nameOf(line.sku)} is empty`;
    if (number.length > receiptIdCharsMax) return `${nameOf(line.sku)} has more than ${receiptIdCharsMax} characters`;
    const called = name(cells);
    if (called.length > receiptTextCharsMax)
      return `the article's name has more than ${receiptTextCharsMax} characters`;
    const pieces = quantity(cells);
    if (typeof pieces === "string") return pieces;
    const each = price?.(cells);
    if (typeof each === "string") return each;
    const sum = total === undefined ? multiply(pieces, each ?? 0) : total(cells);
    if (sum === undefined) return "quantity x price is beyond 1,000,000,000";
    if (typeof sum === "string") return sum;
    const article = { sku: number, name: called, quantity: pieces, price: each ?? divide(sum, pieces), total: sum };
    return { head, article };
  };
}

interface Reading {
  readonly text: (cell: TextCell) => Text;
  readonly nameOf: (cell: TextCell) => string;
}

function createHeadReader(
  { receipt }: SourceMapping,
  { text, nameOf }: Reading,
): (cells: readonly string[]) => ReceiptHead | string {
  const [id, store, till, currency] = [receipt.id, receipt.store, receipt.till, receipt.currency].map(text) as [
    Text,
    Text,
    Text,
    Text,
  ];
  const time = text(receipt.time.cell);
  const parseTime = createTimeParser(receipt.time.written, receipt.time.zone);
  const returned = receipt.returned === undefined ? () => false : testOf(receipt.returned, text);
  const refersTo = receipt.refersTo === undefined ? () => "" : text(receipt.refersTo);
  const customer = receipt.customer.map(({ as, cell }) => ({ as, cell, read: text(cell) }));
  const named = [
    { cell: receipt.id, read: id },
    { cell: receipt.store, read: store },
    { cell: receipt.till, read: till },
  ];
  return (cells) => {
    for (const { cell, read } of named) {
      const { length } = read(cells);
      if (length === 0) return `${nameOf(cell)} is empty`;
      if (length > receiptIdCharsMax) return `${nameOf(cell)} has more than ${receiptIdCharsMax} characters`;
    }
    const at = parseTime(time(cells));
    if (at === undefined) return `${nameOf(receipt.time.cell)} is not a time as the source says: "${time(cells)}"`;
    const money = currency(cells);
    if (!/^[A-Z]{3}$/.test(money)) return `${nameOf(receipt.currency)} is not the code of a currency: "${money}"`;
    const members: string[] = [];
    for (const { as, cell, read } of customer) {
      const value = read(cells);
      if (value === "") continue;
      if (value.length > identifierCharsMax) return `${nameOf(cell)} has more than ${identifierCharsMax} characters`;
      members.push(`"${as}":${JSON.stringify(value)}`);
    }
    const parts = { id: id(cells), store: store(cells), till: till(cells) };
    return {
      ...parts,
      key: `${parts.store}\n${parts.till}\n${parts.id}`,
      at,
      currency: money,
      returned: returned(cells),
      refersTo: refersTo(cells),
      customer: members.length === 0 ? "" : `{${members.join(",")}}`,
    };
  };
}

/** Indexes into `mapping.columns` of all that is read of a receipt. */
function headColumns({ receipt }: SourceMapping): readonly number[] {
  const { id, store, till, time, currency, returned, refersTo, customer } = receipt;
  const cells = [id, store, till, time.cell, currency, returned?.cell, refersTo, ...customer.map(({ cell }) => cell)];
  return [...new Set(cells.flatMap((cell) => (cell?.from === "column" ? [cell.column] : [])))];
}

/** Blanks around a cell are no part of it. */
function textOf(cell: TextCell, places: readonly number[]): Text {
  if (cell.from === "always") return () => cell.text;
  const place = places[cell.column] ?? -1;
  const { withoutEnding } = cell;
  if (withoutEnding === "") return (cells) => trimmed(cells[place] ?? "");
  return (cells) => {
    const value = trimmed(cells[place] ?? "");
    return value.endsWith(withoutEnding) ? value.slice(0, -withoutEnding.length) : value;
  };
}

function trimmed(text: string): string {
  const { length } = text;
  return length > 0 && (text.charCodeAt(0) <= 32 || text.charCodeAt(length - 1) <= 32) ? text.trim() : text;
}

function testOf({ cell, test, text: sought }: TextTest, text: Reading["text"]): (cells: readonly string[]) => boolean {
  const read = text(cell);
  switch (test) {
    case "is":
      return (cells) => read(cells) === sought;
    case "begins with":
      return (cells) => read(cells).startsWith(sought);
    case "ends with":
      return (cells) => read(cells).endsWith(sought);
  }
}

/** @returns text: why not */
function numberOf(
  { cell, decimalMark, roundTo }: NumberCell,
  text: Reading["text"],
  nameOf: Reading["nameOf"],
): (cells: readonly string[]) => Scaled | string {
  const read = text(cell);
  return (cells) => {
    const value = read(cells);
    const parsed = parseDecimal(value, decimalMark, roundTo);
    return parsed ?? `${nameOf(cell)} is not a number of at most four decimals: "${value}"`;
  };
}
