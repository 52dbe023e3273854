/**
 * `POST /v1/receipts`: one receipt, or many as `{batch: [...]}`, signed by the till's key. 200 means that every receipt of
 * the request is durable or refused for good; after 503 the whole may be sent again, signed anew, as repetitions are
 * answered with what was answered first.
 */
import { busyRetryAfterMs, receiptsBatchMax } from "../limits.ts";
import { objectMembers } from "./json-slices.ts";
import type { Slice } from "./json-slices.ts";
import { batchEntries } from "./batch.ts";
import type { HttpExchange } from "./http-exchange.ts";
import type { Guard } from "./guard.ts";
import type { Intake, Sender } from "./intake.ts";
import type { KeyRegistry } from "./keys.ts";
import { hasOwnKey, soughtKey } from "./key-search.ts";
import { httpReceiptReply, receiptReply } from "./receipt-replies.ts";
import { problemOf, problemText, statusOf } from "./replies.ts";
import type { EventOutcome } from "./replies.ts";
import type { Problem } from "../shard/port.ts";
import { isProblem } from "./wire-validators.ts";

export interface ReceiptRequest {
  readonly exchange: HttpExchange;
  readonly guard: Guard;
}

export interface ReceiptOptions {
  readonly keys: KeyRegistry;
  readonly intake: Intake;
  readonly now: () => number;
  readonly refuse: (exchange: HttpExchange, problem: Problem, retryAfterMs?: number) => void;
}

const BATCH = soughtKey("batch");

export function takeReceipts(
  { exchange, guard }: ReceiptRequest,
  body: Uint8Array,
  { keys, intake, now, refuse }: ReceiptOptions,
): void {
  const access = keys.authenticateTill(exchange.tillProof, { signed: body, nowMs: now() }, exchange.origin);
  if (isProblem(access)) return refuse(exchange, access);
  const sender = intake.createSender(access, Number.POSITIVE_INFINITY, guard);
  sender.decide = exchange.wantsDecisions;
  const shortage = intake.shortage(sender);
  if (shortage !== undefined) return refuse(exchange, problemOf(shortage), busyRetryAfterMs);
  if (!hasOwnKey(body, BATCH)) return takeOne(exchange, intake, { sender, body });
  const members = objectMembers(body);
  if (members === undefined) return refuse(exchange, problemOf("malformed_json"));
  const entries = batchEntries(body, members, receiptsBatchMax);
  if ("code" in entries) return refuse(exchange, entries);
  submitReceipts(intake, sender, { body, entries }, (outcomes) => sendBatch(exchange, outcomes));
}

function takeOne(
  exchange: HttpExchange,
  intake: Intake,
  { sender, body }: { readonly sender: Sender; readonly body: Uint8Array },
): void {
  intake.submitReceipt(sender, body, (outcome) => {
    const { status, text } = httpReceiptReply(outcome);
    const { answer } = outcome;
    exchange.send(status, text, { retryAfterMs: answer.is === "busy" ? answer.retryAfterMs : undefined });
  });
}

function submitReceipts(
  intake: Intake,
  sender: Sender,
  { body, entries }: { readonly body: Uint8Array; readonly entries: readonly Slice[] },
  done: (outcomes: readonly EventOutcome[]) => void,
): void {
  if (entries.length === 0) return queueMicrotask(() => sender.guard(() => done([])));
  const outcomes: EventOutcome[] = new Array<EventOutcome>(entries.length);
  let waiting = entries.length;
  for (const [index, { start, end }] of entries.entries())
    intake.submitReceipt(sender, body.subarray(start, end), (outcome) => {
      outcomes[index] = outcome;
      waiting -= 1;
      if (waiting === 0) done(outcomes);
    });
}

function sendBatch(exchange: HttpExchange, outcomes: readonly EventOutcome[]): void {
  const results = outcomes.map((outcome) => receiptReply(outcome)).join(",");
  const busyMs = outcomes.flatMap(({ answer }) => (answer.is === "busy" ? [answer.retryAfterMs] : []));
  if (busyMs.length > 0) {
    const problem = problemOf("busy");
    const text = `{"success":false,"problem":${problemText(problem)},"results":[${results}]}`;
    return exchange.send(statusOf(problem), text, { retryAfterMs: Math.max(...busyMs) });
  }
  const refused = outcomes.filter(({ answer }) => answer.is === "refused").length;
  const counts = `"accepted":${outcomes.length - refused},"refused":${refused}`;
  exchange.send(200, `{"success":true,${counts},"results":[${results}]}`);
}
