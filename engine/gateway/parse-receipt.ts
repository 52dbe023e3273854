/**
 * From the bytes of one receipt to the receipt that is recorded, or to the problem that its till is told; the counterpart
 * of parse-event.ts, with its guarantees: pure, and the only place where a receipt is parsed. A receipt becomes an event of
 * its customer in the vocabulary that rules know, `order_completed` or `order_refunded`, so that a sale counts alike
 * whether it was made in a shop or on the web.
 */
import { malformedJson } from "./json-fault.ts";
import { crc32 } from "node:zlib";
import { jsonDepthMax, receiptAmountMax, receiptBytesMax } from "../limits.ts";
import type { EventName, Json, JsonObject } from "../model/event.ts";
import { parseIdentifier } from "../model/identifier-rules.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Identifier } from "../model/identifier.ts";
import { digestHex } from "../model/hash.ts";
import {
  POINTS_PROPERTIES,
  receiptBody,
  receiptCell,
  receiptDigest,
  receiptMessageId,
  RETURN_EVENT,
  SALE_EVENT,
} from "../model/receipt.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Origin, ParsedEvent, Problem } from "../shard/port.ts";
import { jsonDepth } from "./json-slices.ts";
import { unusualProblem } from "./parse-event.ts";
import { ExactSum, productParts, tenThousandths } from "./receipt-amounts.ts";
import type { Receipt as WireReceipt, ReceiptFlag } from "./receipt-schemas.ts";
import { receiptInstant } from "./receipt-time.ts";
import { parseReceiptValue } from "./receipt-validators.ts";
import { isProblem } from "./wire-validators.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const PARTS = 10_000;
/** What a line may be off by, in 1/10,000: a till rounds each. */
const FOOTING_PARTS = 100;

export function parseReceipt(body: Uint8Array, origin: Origin, rules: IdentifierRules): ParsedEvent {
  if (body.length > receiptBytesMax)
    return refused(problem("too_large", undefined, `A receipt may have at most ${receiptBytesMax} bytes.`));
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(body);
  } catch {
    return refused(problem("malformed_json", undefined, "The receipt is not valid UTF-8."));
  }
  // Only what is in `properties`, and an object with odd keys, is walked to its depth.
  const isUnusual = text.includes("\\") || text.includes("__proto__") || text.includes("constructor");
  if ((isUnusual || text.includes('"properties"')) && jsonDepth(text) > jsonDepthMax)
    return refused(problem("too_deep", undefined, `JSON may be nested ${jsonDepthMax} deep at most.`));
  try {
    value = JSON.parse(text);
  } catch {
    return refused(malformedJson(text, "The receipt"));
  }
  const receipt = parseReceiptValue(value);
  if (isProblem(receipt)) return refused(receipt, value);
  if (isUnusual) {
    const unusual = unusualProblem(receipt);
    if (unusual !== undefined) return refused(unusual, value);
  }
  return parseChecked(receipt, origin, rules);
}

function parseChecked(wire: WireReceipt, origin: Origin, rules: IdentifierRules): ParsedEvent {
  const messageId = receiptMessageId(wire);
  const flags: ReceiptFlag[] = [];
  const time = receiptInstant(wire, origin.receivedAt, flags);
  if (typeof time !== "number") return { problem: time, messageId };
  const lines = readLines(wire, flags);
  if ("code" in lines) return { problem: lines, messageId };
  const totals = readTotals(wire, lines, flags);
  if ("code" in totals) return { problem: totals, messageId };
  const { total, counted } = totals;
  const isReturn = wire.kind === "return";
  const identifiers = customerOf(wire, rules, flags);
  const { source } = origin;
  const digest = receiptDigest(source, messageId);
  const name = isReturn ? RETURN_EVENT : SALE_EVENT;
  const fields = fieldsOf(wire, { name, lines, total });
  // Times as the till wrote them: corrected ones differ from sending to sending.
  const body = receiptBody(fields, wire.timestamp);
  const { refersTo } = wire;
  const original =
    refersTo == null
      ? undefined
      : receiptMessageId({
          receiptId: refersTo.receiptId,
          store: refersTo.store ?? wire.store,
          till: refersTo.till ?? wire.till,
        });
  const training = wire.training === true;
  const content = crc32(`${wire.kind}\n${wire.currency}\n${training}\n${wire.offline === true}\n${original}\n${body}`);
  const receipt: Receipt = {
    cell: receiptCell(source, messageId),
    facts: {
      source,
      store: wire.store,
      till: wire.till,
      receiptId: wire.receiptId,
      digest: digestHex(digest),
      kind: wire.kind,
      currency: wire.currency,
      at: time,
      lines: wire.lines.length,
      linesAmount: lines.exact.text,
      total: isReturn ? -total + 0 : total,
      refersTo: original === undefined ? null : digestHex(receiptDigest(source, original)),
      flags: training ? ["training", ...flags] : flags,
    },
    content,
    customer: identifiers.length === 0 ? 0 : customerHash(identifiers),
    training,
    effects: wire.effects ?? "on",
    ...(wire.language != null && { language: wire.language }),
    counted: isReturn ? -counted + 0 : counted,
    byCategory: lines.byCategory,
    event: {
      type: "track",
      name,
      source,
      messageId,
      digest,
      bodyHash: content,
      identifiers,
      proved: true,
      timestamp: time,
      fields,
      body,
      receipt: true,
    },
  };
  return { event: receipt.event, receipt };
}

/** Never 0, which is nobody's. */
export function customerHash(identifiers: readonly Identifier[]): number {
  return crc32(identifiers.map(({ kind, value }) => `${kind}:${value}`).join("\n")) || 1;
}

interface ReadLines {
  readonly products: readonly JsonObject[];
  readonly exact: ExactSum;
  /** Of the lines' totals, in 1/10,000, with the sign of the sale: what came back counts below zero. */
  readonly sum: number;
  readonly quantity: number;
  readonly byCategory: ReadonlyMap<string, number>;
}

function readLines({ lines, kind, currency }: WireReceipt, flags: ReceiptFlag[]): ReadLines | Problem {
  const products: JsonObject[] = new Array<JsonObject>(lines.length);
  const exact = new ExactSum();
  const byCategory = new Map<string, number>();
  let sum = 0;
  let quantitySum = 0;
  let below = 0;
  let above = 0;
  let isPriceBelow = false;
  for (const { quantity } of lines) {
    if (Number(quantity) < 0) below += 1;
    else above += 1;
  }
  // In a return without any sign, everything comes back.
  const sign = kind === "return" && below === 0 ? -1 : 1;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as WireReceipt["lines"][number];
    const quantity = tenThousandths(line.quantity);
    if (quantity === undefined) return inexact(`/lines/${index}/quantity`);
    const price = tenThousandths(line.unitPrice);
    if (price === undefined) return inexact(`/lines/${index}/unitPrice`);
    const discount = line.discount == null ? 0 : tenThousandths(line.discount);
    if (discount === undefined) return inexact(`/lines/${index}/discount`);
    const said = line.total == null ? undefined : tenThousandths(line.total);
    if (said === undefined && line.total != null) return inexact(`/lines/${index}/total`);
    if (line.currency != null && line.currency !== currency)
      return problem(
        "invalid_field",
        `/lines/${index}/currency`,
        `/lines/${index}/currency must be the receipt's, ${currency}: a receipt has one currency.`,
      );
    const counted = quantity * sign + 0;
    exact.addProduct(counted, price);
    if (price < 0) isPriceBelow = true;
    // A discount lowers what a line moves, whichever way it goes.
    const computed = productParts(counted, price) - (counted < 0 ? -1 : 1) * Math.abs(discount);
    const total = said === undefined ? computed : Math.sign(computed || 1) * Math.abs(said);
    sum += total;
    quantitySum += counted;
    if (line.category != null) byCategory.set(line.category, (byCategory.get(line.category) ?? 0) + total);
    products[index] = productOf(line, {
      quantity: counted,
      price,
      discount,
      total: said === undefined ? undefined : total,
    });
  }
  if (lines.length === 0) flags.push("no_lines");
  if (kind === "sale" && below > 0) flags.push("negative_quantity");
  if (isPriceBelow) flags.push("negative_price");
  if (kind === "return" && below > 0 && above > 0) flags.push("mixed_return");
  return { products, exact, sum: sum + 0, quantity: quantitySum, byCategory };
}

interface LineParts {
  readonly quantity: number;
  readonly price: number;
  readonly discount: number;
  readonly total: number | undefined;
}

/** As products stand in events of orders. A number is written with the decimals it has, so the text is exact. */
function productOf(line: WireReceipt["lines"][number], { quantity, price, discount, total }: LineParts): JsonObject {
  const product: Record<string, Json> = { sku: line.sku };
  if (line.name != null) product["name"] = line.name;
  if (line.category != null) product["category"] = line.category;
  product["quantity"] = quantity / PARTS;
  product["price"] = price / PARTS;
  if (discount !== 0) product["discount"] = discount / PARTS;
  if (total !== undefined) product["total"] = total / PARTS;
  if (line.timestamp != null) product["at"] = line.timestamp;
  return product;
}

interface ReadTotals {
  /** What was paid, or paid back, in 1/10,000; above zero in either case unless the till says otherwise. */
  readonly total: number;
  /** The part of it that points are for. */
  readonly counted: number;
}

/** A total above what its lines come to is more likely mistyped than paid: it is kept, and points are for the lines. */
function readTotals(wire: WireReceipt, lines: ReadLines, flags: ReceiptFlag[]): ReadTotals | Problem {
  const total = tenThousandths(wire.total);
  if (total === undefined) return inexact("/total");
  const discount = wire.discount == null ? 0 : tenThousandths(wire.discount);
  if (discount === undefined) return inexact("/discount");
  const tax = wire.tax == null ? 0 : tenThousandths(wire.tax);
  if (tax === undefined) return inexact("/tax");
  const isReturn = wire.kind === "return";
  // An exchange may cost more than it gives back: its total has the sign of its lines.
  const paid = !isReturn ? total : lines.sum > 0 ? -Math.abs(total) : Math.abs(total);
  if (!isReturn && paid < 0) flags.push("negative_total");
  const ofLines = (isReturn ? -lines.sum : lines.sum) - Math.sign(paid) * Math.abs(discount);
  const withTax = ofLines + Math.sign(paid) * Math.abs(tax);
  const off = Math.min(Math.abs(ofLines - paid), Math.abs(withTax - paid));
  const foots = lines.products.length === 0 || off <= FOOTING_PARTS * (lines.products.length + 1);
  if (!foots) flags.push("totals_do_not_foot");
  return { total: paid + 0, counted: (foots ? paid : Math.min(paid, Math.max(0, withTax))) + 0 };
}

function fieldsOf(
  wire: WireReceipt,
  { name, lines, total }: { readonly name: EventName; readonly lines: ReadLines; readonly total: number },
): JsonObject {
  const fields: Record<string, Json> = { ...(wire.properties as JsonObject | null | undefined) };
  // What a receipt earns is the engine's to say.
  for (const property of POINTS_PROPERTIES.get(name) ?? []) delete fields[property];
  fields["order_id"] = wire.receiptId;
  fields["store"] = wire.store;
  fields["till"] = wire.till;
  fields["channel"] = "store";
  fields["currency"] = wire.currency;
  fields["total"] = total / PARTS;
  if (wire.discount != null) fields["discount"] = Number(wire.discount);
  if (wire.tax != null) fields["tax"] = Number(wire.tax);
  fields["quantity"] = Math.abs(lines.quantity) / PARTS;
  if (lines.byCategory.size > 0) fields["categories"] = [...lines.byCategory.keys()];
  if (wire.refersTo != null) fields["refers_to"] = wire.refersTo.receiptId;
  fields["products"] = lines.products;
  return fields;
}

/**
 * The card first, since a till scans it, and what else is said of its holder may be new or mistyped: the first routes, the
 * others are claimed for whom it finds. No sale is worth losing over a mistyped number: what cannot be read is left out.
 */
function customerOf({ customer }: WireReceipt, rules: IdentifierRules, flags: ReceiptFlag[]): readonly Identifier[] {
  if (customer == null) return [];
  const identifiers: Identifier[] = [];
  for (const [kind, raw] of [
    ["card", customer.card],
    ["user", customer.userId],
    ["email", customer.email],
    ["phone", customer.phone],
  ] as const) {
    if (raw == null || raw === "") continue;
    const identifier = parseIdentifier(kind, String(raw), rules);
    if (!("problem" in identifier)) identifiers.push(identifier);
    else if (!flags.includes("unreadable_customer")) flags.push("unreadable_customer");
  }
  return identifiers;
}

function inexact(field: string): Problem {
  return problem(
    "invalid_field",
    field,
    `${field} must be a number with at most four decimals, between -${receiptAmountMax} and ${receiptAmountMax}.`,
  );
}

function problem(code: string, field: string | undefined, message: string): Problem {
  return { code, field, message };
}

/** `value` is what was read, to answer under its receiptId. */
function refused(found: Problem, value?: unknown): ParsedEvent {
  const id: unknown = typeof value === "object" && value !== null && "receiptId" in value ? value.receiptId : undefined;
  return { problem: found, messageId: typeof id === "string" && id.length <= 256 ? id : undefined };
}
