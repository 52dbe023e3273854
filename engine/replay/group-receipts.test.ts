/** Lines find their receipts, however they are mixed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LineGrouping } from "../model/source-mapping.ts";
import { createReceiptGroups, type GroupedReceipt } from "./group-receipts.ts";
import type { ReceiptHead } from "./read-line.ts";

function head(id: string, more: Partial<ReceiptHead> = {}): ReceiptHead {
  const rest = { store: "s", till: "t", at: 0, currency: "EUR", returned: false, refersTo: "", customer: "" };
  return { id, key: `s\nt\n${id}`, ...rest, ...more };
}

const article = (sku: string) => ({ sku, name: "", quantity: 10_000, price: 0, total: 0 });

/** Every line as a head; its sku is its row. */
function group(grouping: LineGrouping, heads: readonly ReceiptHead[]) {
  const groups = createReceiptGroups(grouping);
  const receipts: GroupedReceipt[] = [];
  const rejected: (readonly [number, string])[] = [];
  let openMax = 0;
  for (const [row, each] of heads.entries()) {
    const reason = groups.add({ head: each, article: article(String(row)) }, { line: row + 2, text: "" });
    if (reason !== undefined) rejected.push([row, reason]);
    receipts.push(...groups.take());
    openMax = Math.max(openMax, groups.open);
  }
  groups.end();
  receipts.push(...groups.take());
  const shown = receipts.map(
    (receipt) => `${receipt.head.id}:${receipt.lines.map((line) => line.article.sku).join("")}`,
  );
  return { shown, rejected, receipts, openMax };
}

const heads = (ids: string) => [...ids].map((id) => head(id));

describe("lines of a receipt", () => {
  it("together: another receipt's line between them makes two of it, for the engine to refuse", () => {
    expect(group({ is: "within", rows: 0 }, heads("aabcc")).shown).toEqual(["a:01", "b:2", "c:34"]);
    expect(group({ is: "within", rows: 0 }, heads("aba")).shown).toEqual(["a:0", "b:1", "a:2"]);
  });

  it("within some rows", () => {
    expect(group({ is: "within", rows: 2 }, heads("abca")).shown).toEqual(["b:1", "c:2", "a:03"]);
    expect(group({ is: "within", rows: 1 }, heads("abca")).shown).toEqual(["a:0", "b:1", "c:2", "a:3"]);
  });

  it("anywhere: in the order of time, equal times as they come", () => {
    const mixed = [head("b", { at: 5 }), head("a", { at: 3 }), head("c", { at: 5 }), head("b", { at: 5 })];
    expect(group({ is: "anywhere" }, mixed).shown).toEqual(["a:1", "b:03", "c:2"]);
  });

  it("are whole and in one receipt each where they are as near as the source says", () => {
    const ids = fc.string({ unit: fc.constantFrom("a", "b", "c", "d", "e"), maxLength: 60 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 0, max: 6 }), (text, rows) => {
        const { shown, openMax } = group({ is: "within", rows }, heads(text));
        // Told the slow way: a line joins the last line of its receipt if at most `rows` stand between.
        const runs: { id: string; rows: number[] }[] = [];
        for (const [row, id] of [...text].entries()) {
          const last = runs.findLast((run) => run.id === id);
          if (last !== undefined && row - (last.rows.at(-1) ?? 0) - 1 <= rows) last.rows.push(row);
          else runs.push({ id, rows: [row] });
        }
        const wanted = runs.toSorted((a, b) => (a.rows.at(-1) ?? 0) - (b.rows.at(-1) ?? 0));
        expect(shown).toEqual(wanted.map((run) => `${run.id}:${run.rows.join("")}`));
        expect(openMax).toBeLessThanOrEqual(rows + 2);
      }),
    );
  });

  it("that contradict their receipt are rejected by themselves", () => {
    const { shown, rejected } = group({ is: "anywhere" }, [
      head("a"),
      head("a", { currency: "USD" }),
      head("a", { customer: '{"card":"1"}' }),
      head("a", { returned: true }),
      head("a"),
    ]);
    expect(shown).toEqual(["a:04"]);
    expect(rejected).toEqual([
      [1, "in USD, and the receipt began in EUR: a sum of two currencies is none"],
      [2, "of another customer than the receipt's first line"],
      [3, "comes back, and the receipt began as a sale"],
    ]);
  });

  it("keep a time of their own where it is another", () => {
    const { receipts } = group({ is: "anywhere" }, [head("a", { at: 5 }), head("a", { at: 7 })]);
    expect(receipts[0]?.lines.map(({ at }) => at)).toEqual([undefined, 7]);
  });
});
