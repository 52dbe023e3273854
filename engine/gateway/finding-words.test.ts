import { describe, expect, it } from "vitest";
import { parseReceiptValue } from "./receipt-validators.ts";
import { messageProblem, parseDecideRequest } from "./wire-validators.ts";

const sale = {
  receiptId: "1",
  store: "s",
  till: "t",
  timestamp: "x",
  currency: "EUR",
  kind: "sale",
  lines: [],
  total: 1,
};

describe("what is said of a value that is not allowed", () => {
  it.each([
    [{ kind: "gift" }, '/kind must be "sale" or "return".'],
    [{ total: true }, "/total must be a number or a text."],
    [{ total: "x1" }, "/total must be a number or a decimal with at most four decimals (such as 12.50)."],
    [{ offline: 1 }, "/offline must be true or false or null."],
    [{ currency: "euro" }, "/currency must be a currency's three capital letters (ISO 4217)."],
    [{ lines: {} }, "/lines must be a list."],
    [{ store: "" }, "/store must have at least 1 character."],
    [{ language: "x" }, "/language must be a language tag (such as fr or pt-BR) or null."],
    [{ customer: { card: {} } }, "/customer/card must be a text, a number or null."],
  ])("%j: %s", (wrong, message) => {
    expect(parseReceiptValue({ ...sale, ...wrong })).toMatchObject({ message });
  });

  it("is the same of events and questions", () => {
    expect(messageProblem("track", { type: "track", event: "x", anonymousId: {} }).message).toBe(
      "/anonymousId must be a text or null.",
    );
    const { store: _store, ...lacking } = sale;
    expect(parseReceiptValue(lacking)).toMatchObject({ message: "/store is required." });
    expect(parseDecideRequest({ userId: [] })).toMatchObject({ message: "/userId must be a text or null." });
  });
});
