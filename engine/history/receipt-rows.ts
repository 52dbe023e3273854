/** What the two histories' receipts have in common: the columns, and what is read back of them. Pure. */
import { type EarnedInParts, type LedgerPart, withReturned } from "../model/earning.ts";
import type { ProfileId } from "../model/ids.ts";
import type { KnownReceipt } from "../model/receipt.ts";
import type { ReceiptTotals } from "./port.ts";

/** In the order in which both adapters write. */
export const RECEIPT_COLUMNS = [
  "shard",
  "position",
  "accepted_at",
  "profile",
  "source",
  "store",
  "till",
  "receipt_id",
  "digest",
  "kind",
  "currency",
  "occurred_at",
  "line_count",
  "lines_amount",
  "total",
  "refers_to",
  "flags",
  "earned",
  "reversed",
  "eligible",
  "balance",
  "answer",
  "parts",
] as const;

/** A row of the receipt asked for, with a profile before one without; and the rows of returns of it. */
export interface FoundReceipt {
  readonly profile: string | null;
  readonly earned: number;
  readonly eligible: number;
  readonly answer: string;
  readonly kind: string;
  readonly currency: string;
  /** Milliseconds since 1970. */
  readonly occurred_at: number;
  readonly line_count: number;
  readonly lines_amount: string;
  readonly total: number;
  /** As JSON. */
  readonly parts: string | null;
}

export interface FoundReturn {
  readonly digest: string;
  readonly reversed: number;
  readonly eligible: number;
  readonly parts: string | null;
}

export function knownReceipt(
  found: FoundReceipt | undefined,
  returns: readonly FoundReturn[],
): KnownReceipt | undefined {
  if (found === undefined) return undefined;
  return {
    profile: found.profile === null ? undefined : (found.profile as ProfileId),
    ...returns.reduce<EarnedInParts>(
      (sum, { reversed, eligible: returned, parts }) =>
        withReturned(sum, { earned: 0, eligible: 0, reversed, returned, ...partsIn(parts) }),
      { earned: found.earned, eligible: found.eligible, reversed: 0, returned: 0, ...partsIn(found.parts) },
    ),
    returns: returns.map(({ digest }) => digest),
    answer: found.answer,
    sums: {
      kind: found.kind === "return" ? "return" : "sale",
      currency: found.currency,
      at: found.occurred_at,
      lines: found.line_count,
      linesAmount: found.lines_amount,
      total: found.total,
    },
  };
}

function partsIn(json: string | null): Pick<EarnedInParts, "parts"> {
  return json === null ? {} : { parts: JSON.parse(json) as readonly LedgerPart[] };
}

/** Rows of both adapters may have counts as bigints or doubles. */
export function receiptTotals(rows: readonly Readonly<Record<string, unknown>>[]): ReceiptTotals {
  const row = rows.find(({ currency }) => currency === null);
  const count = (name: string): number => Number(row?.[name] ?? 0);
  return {
    byCurrency: rows.flatMap(({ currency, receipts, total }) =>
      currency === null ? [] : [{ currency: String(currency), receipts: Number(receipts), total: String(total) }],
    ),
    customers: count("customers"),
    receipts: count("receipts"),
    returns: count("returns"),
    unclaimed: count("unclaimed"),
    lines: count("lines"),
    linesAmount: String(row?.["lines_amount"] ?? "0"),
    entries: count("entries"),
    points: count("points"),
  };
}

/**
 * A row a currency, and one, whose currency is null, for all of them.
 * @param table `receipts`, qualified
 * @param sum makes an expression that sums a column exactly, as text
 */
export function selectReceiptTotals(table: string, sum: (column: string) => string): string {
  return `select
  currency,
  count(*) as receipts,
  count(*) filter (where kind = 'return') as returns,
  count(*) filter (where profile is null) as unclaimed,
  coalesce(sum(line_count), 0) as lines,
  coalesce(${sum("lines_amount")}, '0') as lines_amount,
  coalesce(${sum("total")}, '0') as total,
  count(distinct profile) as customers,
  count(*) filter (where profile is not null) as entries,
  coalesce(sum(earned - reversed) filter (where profile is not null), 0) as points
from ${table} as kept
where profile is not null
  or not exists (select 1 from ${table} as claimed where claimed.digest = kept.digest and claimed.profile is not null)
group by rollup (currency) order by currency`;
}
