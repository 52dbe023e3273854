/**
 * A shop's mixed day, as both loads send it: visitors on raw sockets and on HTTP, tills with signed receipts, the shop's
 * server that says who has logged in. Pure and of plain JavaScript with types, since k6 reads this very file as Node does:
 * what each sends differs in the run's name alone.
 */

export type Kind = "socket" | "http" | "till" | "login";

export const KINDS: readonly Kind[] = ["socket", "http", "till", "login"];

/** Of all that is sent. */
const SHARES: Readonly<Record<Kind, number>> = { socket: 0.56, http: 0.2, till: 0.12, login: 0.12 };

/** Sockets that are open all the time, each with a visitor. */
export const SOCKETS = 60;
/** Seconds at the beginning of a run that do not count: connections are made, code is compiled. */
export const WARM_UP_SECONDS = 4;

const VISITORS = 5_000;
const MEMBERS = 2_000;
const KEYS = { browser: "example-write-key", server: "example-server-key", till: "example-till-key" } as const;
const CATEGORIES = ["shoes", "bags", "hats", "coats"] as const;

/** What is sent a second of one kind. */
export function rateOf(kind: Kind, eventsPerSecond: number): number {
  return eventsPerSecond * SHARES[kind];
}

export function streamPath(): string {
  return `/v1/stream?writeKey=${KEYS.browser}`;
}

/** One frame of a visitor: mostly looking, sometimes the cart; a reply names the same message id. */
export function socketEvent(run: string, socket: number, n: number): { readonly id: string; readonly text: string } {
  const id = `${run}-s${socket}-${n}`;
  const visitor = (socket * 97 + Math.floor(n / 12) * 61) % VISITORS;
  return { id, text: JSON.stringify({ messageId: id, type: "track", anonymousId: `day-${visitor}`, ...seen(n) }) };
}

export interface Request {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function httpEvent(run: string, n: number, base64: (text: string) => string): Request {
  const visitor = (n * 31) % VISITORS;
  const body = JSON.stringify({ messageId: `${run}-h${n}`, anonymousId: `day-${visitor}`, ...seen(n) });
  return { path: "/v1/track", body, headers: headersOf(`Basic ${base64(`${KEYS.browser}:`)}`) };
}

/** The shop's server tells that a visitor is a member: profiles are claimed, and merged where a member comes again. */
export function login(run: string, n: number, base64: (text: string) => string): Request {
  const member = (n * 13) % MEMBERS;
  const body = JSON.stringify({
    messageId: `${run}-l${n}`,
    anonymousId: `day-${member * 2}`,
    userId: `member-${member}`,
    traits: { first_name: `Member ${member}`, email: `member-${member}@shop.example`, loyaltyCard: `9${member}` },
  });
  return { path: "/v1/identify", body, headers: headersOf(`Basic ${base64(`${KEYS.server}:`)}`) };
}

/** A sale of two articles for a card; `time` is signed with the body, so it is the sending's. */
export function receipt(
  run: string,
  n: number,
  { nowMs, hmac }: { readonly nowMs: number; readonly hmac: (key: string, text: string) => string },
): Request {
  const [first, second] = [(n * 37) % 200, (n * 53) % 90];
  const [unit, other] = [10 + first, 5 + second];
  const body = JSON.stringify({
    receiptId: `${run}-t${n}`,
    store: `shop-${n % 3}`,
    till: String(n % 8),
    timestamp: new Date(nowMs).toISOString(),
    currency: "EUR",
    kind: "sale",
    customer: { card: `9${(n * 17) % MEMBERS}` },
    lines: [
      { sku: `shoe-${first}`, category: "shoes", quantity: 1, unitPrice: unit, total: unit },
      { sku: `bag-${second}`, category: "bags", quantity: 2, unitPrice: other, total: 2 * other },
    ],
    total: unit + 2 * other,
  });
  const signature = `v1=${hmac(KEYS.till, `${nowMs}.${body}`)}`;
  const headers = { "vif-till": "example-till", "vif-time": String(nowMs), "vif-signature": signature };
  return { path: "/v1/receipts", body, headers: { "content-type": "application/json", ...headers } };
}

function headersOf(authorization: string): Readonly<Record<string, string>> {
  return { "content-type": "application/json", authorization };
}

function seen(n: number): object {
  const category = CATEGORIES[n % CATEGORIES.length] ?? "shoes";
  const price = 20 + ((n * 7) % 150);
  if (n % 12 === 9) return { event: "Product Added", properties: { product_id: `p${n % 300}`, category, price } };
  if (n % 12 === 11) return { event: "Cart Updated", properties: { total: price * 2, currency: "EUR" } };
  return { event: "Product Viewed", properties: { product_id: `p${n % 300}`, category, price } };
}
