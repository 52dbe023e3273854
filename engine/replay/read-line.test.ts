/** A row and the frame that it becomes, or why not. */
import { describe, expect, it } from "vitest";
import { checkSource } from "../language/port.ts";
import type { SourceMapping } from "../model/source-mapping.ts";
import { createReceiptGroups } from "./group-receipts.ts";
import { createLineReader } from "./read-line.ts";
import { receiptFrame } from "./receipt-frame.ts";

const text = `source: shop
receipt:
  id: Receipt
  store: Store
  till: {always: "1"}
  time: {column: Time, written: "DD.MM.YYYY hh:mm", zone: Europe/Paris}
  currency: Money
  return when: {column: Kind, is: back}
  refers to: Of
  customer: {card: {column: Card, without ending: ".0"}, email: Mail}
line:
  sku: Article
  name: Name
  quantity: {column: Pieces, decimal mark: ","}
  price: Each
  total: Sum
`;
const columns = [
  "Receipt",
  "Store",
  "Time",
  "Money",
  "Kind",
  "Of",
  "Card",
  "Mail",
  "Article",
  "Name",
  "Pieces",
  "Each",
  "Sum",
];
const { mapping, problems } = checkSource({ path: "sources/shop.yaml", text }, columns);

const whole = {
  Receipt: "r1",
  Store: "lyon",
  Time: "24.12.2025 17:30",
  Money: "EUR",
  Kind: "sold",
  Of: "",
  Card: "17.0",
  Mail: "",
  Article: "A-1",
  Name: 'a "big" one',
  Pieces: "0,345",
  Each: "19.90",
  Sum: "6.87",
};

function read(change: Partial<typeof whole>) {
  const row: Readonly<Record<string, string>> = { ...whole, ...change };
  return createLineReader(mapping as SourceMapping, columns)(columns.map((column) => row[column] ?? ""));
}

function frame(change: Partial<typeof whole>, shiftMs = 0): unknown {
  const line = read(change);
  if (typeof line === "string") throw new TypeError(line);
  const groups = createReceiptGroups({ is: "anywhere" });
  groups.add(line, { line: 2, text: "" });
  groups.end();
  const [receipt] = groups.take();
  if (receipt === undefined) throw new TypeError("no receipt");
  return JSON.parse(receiptFrame(receipt, { requestId: "7", shiftMs, effects: "off" }));
}

describe("a row", () => {
  it("becomes a line of a receipt", () => {
    expect(problems).toEqual([]);
    expect(frame({})).toEqual({
      type: "receipt",
      requestId: "7",
      receiptId: "r1",
      store: "lyon",
      till: "1",
      timestamp: "2025-12-24T16:30:00.000Z",
      currency: "EUR",
      kind: "sale",
      offline: true,
      effects: "off",
      customer: { card: "17" },
      lines: [{ sku: "A-1", name: 'a "big" one', quantity: 0.345, unitPrice: 19.9, total: 6.87 }],
      total: 6.87,
    });
  });

  it("of a return refers to what comes back", () => {
    expect(frame({ Kind: "back", Of: "r0" })).toMatchObject({ kind: "return", refersTo: { receiptId: "r0" } });
  });

  it("of nobody names nobody, and of several names names all", () => {
    expect(frame({ Card: "" })).not.toHaveProperty("customer");
    expect(frame({ Mail: "a@example.org" })).toHaveProperty("customer", { card: "17", email: "a@example.org" });
  });

  it("is shifted with its receipt", () => {
    expect(frame({}, 86_400_000)).toHaveProperty("timestamp", "2025-12-25T16:30:00.000Z");
  });

  it("leaves out a total that is the price times the quantity", () => {
    expect(frame({ Pieces: "3", Each: "0.001", Sum: "0.003" })).toHaveProperty("lines", [
      { sku: "A-1", name: 'a "big" one', quantity: 3, unitPrice: 0.001 },
    ]);
  });

  it.each([
    [{ Receipt: " " }, "Receipt is empty"],
    [{ Store: "x".repeat(101) }, "Store has more than 100 characters"],
    [{ Time: "2025-12-24" }, 'Time is not a time as the source says: "2025-12-24"'],
    [{ Money: "eur" }, 'Money is not the code of a currency: "eur"'],
    [{ Article: "" }, "Article is empty"],
    [{ Pieces: "0.345" }, 'Pieces is not a number of at most four decimals: "0.345"'],
    [{ Each: "" }, 'Each is not a number of at most four decimals: ""'],
    [{ Sum: "1.00001" }, 'Sum is not a number of at most four decimals: "1.00001"'],
    [{ Card: "x".repeat(300) }, "Card has more than 256 characters"],
    [{ Name: "x".repeat(501) }, "the article's name has more than 500 characters"],
  ])("%j is rejected", (change, reason) => {
    expect(read(change)).toBe(reason);
  });
});
