/** What a till prints and shows of the receipt that it has sent: `{{number receipt.balance}}`. Always known. */
import { nearestName } from "../../model/nearest-name.ts";
import type { ValueType } from "../conditions/kind.ts";
import { plainType } from "../check/value-type.ts";
import type { FieldEntry } from "../check/vocabulary.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";

const PREFIX = "receipt.";

export type ReceiptShown = ReadonlyMap<string, FieldEntry>;

/** @param currency of the loyalty rule; undefined: it could not be read */
export function receiptShown(currency: string | undefined): ReceiptShown {
  const types: Readonly<Record<string, ValueType>> = {
    earned: plainType("number"),
    reversed: plainType("number"),
    balance: plainType("number"),
    total: { ...plainType("money"), ...(currency !== undefined && { currency }) },
    number: plainType("text"),
    store: plainType("text"),
    bonus: plainType("number"),
    bonuses: plainType("text"),
  };
  return new Map(Object.entries(types).map(([name, type]) => [name, { name, type }]));
}

export function isOfReceipt(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function checkOfReceipt(
  name: string,
  { receipt, span }: { readonly receipt: ReceiptShown | undefined; readonly span: Span },
  report: Report,
): FieldEntry | undefined {
  if (receipt === undefined) {
    const message = "no receipt is at hand here: only what a till prints or shows when it is paid can show one";
    report({ code: "not_applicable", span, message, suggestion: "show a field of the profile: `{{first_name}}`" });
    return undefined;
  }
  const entry = receipt.get(name.slice(PREFIX.length));
  if (entry !== undefined) return entry;
  const near = nearestName(name.slice(PREFIX.length), receipt.keys());
  const names = [...receipt.keys()].map((each) => `\`${PREFIX}${each}\``).join(", ");
  const message = `a receipt has no \`${name.slice(PREFIX.length)}\``;
  const suggestion = near === undefined ? `there are ${names}` : `did you mean \`${PREFIX}${near}\`?`;
  report({ code: "unknown_name", span, message, suggestion });
  return undefined;
}
