/** A till of the example brand: receipts made up, signed, and sent over HTTP or the raw socket. */
import { signTill } from "../../engine/gateway/till-signature.ts";
import { StreamClient } from "../gateway/stream-client.ts";
import { ONCE } from "./engine-process.ts";

export const TILL = "example-till";
export const TILL_KEY = "example-till-key";

export type ReceiptFields = Readonly<Record<string, unknown>>;

export interface ReceiptAnswer {
  readonly ok?: boolean;
  readonly success?: boolean;
  readonly is: string;
  readonly receiptId: string;
  readonly requestId?: string;
  readonly messageId: string;
  readonly flags: readonly string[];
  readonly points?: { readonly earned: number; readonly reversed: number; readonly balance: number };
  readonly print: readonly string[];
  readonly show: readonly string[];
  readonly screen?: string;
  readonly resolved: boolean;
  readonly problem?: { readonly code: string; readonly field?: string; readonly message: string };
}

let receipts = 0;

/** A sale of two articles for 25.50 EUR, now; nobody's. */
export function receipt(fields: ReceiptFields = {}): ReceiptFields {
  receipts += 1;
  return {
    receiptId: `r-${process.pid}-${receipts}`,
    store: "lyon-1",
    till: "3",
    timestamp: new Date().toISOString(),
    currency: "EUR",
    kind: "sale",
    lines: [
      { sku: "shoe-1", name: "Ballerine", category: "shoes", quantity: 1, unitPrice: "20.00", total: 20 },
      { sku: "sock-2", category: "socks", quantity: 2, unitPrice: 2.75, total: 5.5 },
    ],
    total: 25.5,
    ...fields,
  };
}

export interface Signing {
  readonly till?: string;
  readonly key?: string;
  readonly time?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function postReceipts(port: number, body: unknown, signing: Signing = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { till = TILL, key = TILL_KEY, time = String(Date.now()), headers = {} } = signing;
  const response = await fetch(`http://127.0.0.1:${port}/v1/receipts`, {
    method: "POST",
    body: text,
    headers: {
      "vif-till": till,
      "vif-time": time,
      "vif-signature": signTill(key, time, text),
      ...ONCE,
      ...headers,
    },
  });
  return { status: response.status, answer: (await response.json()) as ReceiptAnswer & BatchAnswer };
}

interface BatchAnswer {
  readonly accepted: number;
  readonly refused: number;
  readonly results: readonly ReceiptAnswer[];
}

let lastMs = 0;

/** A handshake opens one socket, so no two have the same time. */
function ownTime(): string {
  lastMs = Math.max(Date.now(), lastMs + 1);
  return String(lastMs);
}

export function tillQuery(time = ownTime(), key = TILL_KEY): string {
  return new URLSearchParams({ till: TILL, time, signature: signTill(key, time, "/v1/stream") }).toString();
}

export function openTill(port: number): Promise<StreamClient> {
  return new StreamClient(port, tillQuery()).opened();
}

/** Sends many at once over one socket and gives their answers in the order sent. */
export async function sendReceipts(socket: StreamClient, sent: readonly ReceiptFields[]): Promise<ReceiptAnswer[]> {
  const answers = new Map<string, ReceiptAnswer>();
  for (const [index, each] of sent.entries()) socket.send({ type: "receipt", requestId: String(index), ...each });
  while (answers.size < sent.length) {
    const answer = (await socket.next()) as unknown as ReceiptAnswer;
    if (answer.requestId !== undefined) answers.set(answer.requestId, answer);
  }
  return sent.map((_, index) => answers.get(String(index)) as ReceiptAnswer);
}
