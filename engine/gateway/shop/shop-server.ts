/**
 * The example shop's own server, as a brand would write it: who logs in gets an identity token signed with the server key,
 * after the engine has been told what the shop knows of them; a receipt is signed with the till's key and sent on. Prices
 * and customers are the shop's own: a page names them, and says nothing about them.
 */
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { Clock } from "../../model/clock.ts";
import type { ShopAnswer } from "./example-shop.ts";
import { signIdentityToken } from "../identity-token.ts";
import { problemOf } from "../replies.ts";
import { signTill } from "../till-signature.ts";

export interface ShopStock {
  readonly customers: readonly {
    readonly userId: string;
    readonly card: string;
    readonly traits: Readonly<Record<string, unknown>>;
  }[];
  readonly products: readonly {
    readonly id: string;
    readonly category: string;
    readonly name: string;
    readonly price: number;
  }[];
}

export interface ShopServerOptions {
  readonly url: () => string;
  readonly serverKey: string;
  readonly till: { readonly name: string; readonly key: string };
  readonly clock: Clock;
  readonly makeId: () => string;
}

const LoginQuestion = Compile(Type.Object({ customer: Type.String({ maxLength: 64 }) }));
const TillQuestion = Compile(
  Type.Object({
    card: Type.Optional(Type.String({ maxLength: 64 })),
    language: Type.Optional(Type.Union([Type.Literal("en"), Type.Literal("fr")])),
    lines: Type.Array(
      Type.Object({ product: Type.String({ maxLength: 64 }), quantity: Type.Integer({ minimum: 1, maximum: 99 }) }),
      { minItems: 1, maxItems: 100 },
    ),
  }),
);

export interface ShopServer {
  login(question: unknown): Promise<ShopAnswer>;
  ringUp(question: unknown): Promise<ShopAnswer>;
}

const TOKEN_MS = 3_600_000;
const STORE = "paris-marais";

export function createShopServer(stock: ShopStock, options: ShopServerOptions): ShopServer {
  const { url, serverKey, till, clock, makeId } = options;
  const refused = (field: string, message: string): ShopAnswer => ({
    status: 400,
    value: { success: false, problem: problemOf("invalid_field", field, message) },
  });

  async function post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<ShopAnswer> {
    const all = { "content-type": "application/json", ...headers };
    const response = await fetch(url() + path, { method: "POST", headers: all, body });
    return { status: response.status, value: await response.json() };
  }

  async function login(question: unknown): Promise<ShopAnswer> {
    const customer = LoginQuestion.Check(question)
      ? stock.customers.find(({ userId }) => userId === question.customer)
      : undefined;
    if (customer === undefined) return refused("/customer", "There is no such customer.");
    const { userId, card, traits } = customer;
    const authorization = `Basic ${Buffer.from(`${serverKey}:`).toString("base64")}`;
    // The same message id every time: the engine takes it once.
    const messageId = `example-shop-${userId}`;
    const told = JSON.stringify({ messageId, userId, traits: { ...traits, loyaltyCard: card } });
    const answer = await post("/v1/identify", told, { authorization });
    if (answer.status !== 200) return answer;
    const token = signIdentityToken(serverKey, { userId, expiresAt: clock.now() + TOKEN_MS });
    return { status: 200, value: { userId, token } };
  }

  async function ringUp(question: unknown): Promise<ShopAnswer> {
    if (!TillQuestion.Check(question)) return refused("/lines", "A basket is one to a hundred lines of this shop.");
    const lines = question.lines.flatMap(({ product, quantity }) => {
      const found = stock.products.find(({ id }) => id === product);
      if (found === undefined) return [];
      return [{ sku: found.id, name: found.name, category: found.category, quantity, unitPrice: found.price }];
    });
    if (lines.length < question.lines.length) return refused("/lines", "A product is none of this shop's.");
    const receiptId = `T-${makeId().slice(0, 8).toUpperCase()}`;
    const receipt = {
      receiptId,
      store: STORE,
      till: till.name,
      timestamp: new Date(clock.now()).toISOString(),
      currency: "EUR",
      kind: "sale",
      language: question.language,
      ...(question.card !== undefined && { customer: { card: question.card } }),
      lines,
      total: lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0),
    };
    const body = JSON.stringify(receipt);
    const time = String(clock.now());
    const headers = { "vif-till": till.name, "vif-time": time, "vif-signature": signTill(till.key, time, body) };
    const startedMs = clock.monotonicMs();
    const { status, value } = await post("/v1/receipts", body, headers);
    return { status, value: { ...(value as object), tookMs: clock.monotonicMs() - startedMs } };
  }

  return { login, ringUp };
}
