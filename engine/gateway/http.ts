/**
 * The Segment HTTP tracking API, questions about decisions, and what operators ask. Success means durable: 200 is sent when
 * every event of the request is in its shard's journal or refused for good; 503 and 429 mean that the whole may be sent
 * again as it is. Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
import { malformedJson } from "./json-fault.ts";
import type { TemplatedApp } from "uWebSockets.js";
import { busyRetryAfterMs } from "../limits.ts";
import { EVENT_TYPES } from "../model/event.ts";
import type { EventType } from "../model/event.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Problem } from "../shard/port.ts";
import { parseBatch, submitBatch } from "./batch.ts";
import { takeDecide } from "./decide-route.ts";
import type { ReasonsOf } from "./decide-route.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { takeReceipts } from "./http-receipts.ts";
import type { Guarded, HttpRoutes } from "./http-routes.ts";
import type { Intake, Sender } from "./intake.ts";
import { objectMembers, textOf } from "./json-slices.ts";
import { basicKey } from "./keys.ts";
import type { Access, KeyRegistry } from "./keys.ts";
import { hasKey, soughtKey } from "./key-search.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { acceptedText, eventReply, problemOf, problemText, quote, statusOf } from "./replies.ts";
import type { EventOutcome } from "./replies.ts";
import type { Slots } from "./slot-view.ts";
import { isProblem } from "./wire-validators.ts";

export interface HttpOptions {
  readonly keys: KeyRegistry;
  readonly intake: Intake;
  readonly metrics: GatewayMetrics;
  readonly identifiers: IdentifierRules;
  readonly routes: HttpRoutes;
  readonly slots?: Slots | undefined;
  /** Why contents show what they show; undefined: nobody can tell. */
  readonly reasons?: ReasonsOf | undefined;
  /** Wall clock, for the times of signatures. */
  readonly now: () => number;
}

const WRITE_KEY = soughtKey("writeKey");
const VISITOR_TOKEN = soughtKey("visitorToken");

export function addHttp(app: TemplatedApp, options: HttpOptions): void {
  const { keys, routes } = options;
  const post = (path: string, take: (from: Guarded, body: Uint8Array) => void): void =>
    routes.post(path, () => undefined, take);
  // The one-letter path is what Segment's own browser library uses.
  for (const type of EVENT_TYPES)
    for (const path of [`/v1/${type}`, `/v1/${type.charAt(0)}`])
      post(path, (from, body) => takeEvent(from, { type, body }, options));
  for (const path of ["/v1/batch", "/v1/b"]) post(path, (from, body) => takeBatch(from, body, options));
  const receipts = {
    keys,
    intake: options.intake,
    now: options.now,
    refuse: (exchange: HttpExchange, problem: Problem, retryAfterMs?: number) =>
      refuse(exchange, problem, options, retryAfterMs),
  };
  post("/v1/receipts", (from, body) => takeReceipts(from, body, receipts));
  post("/v1/decide", (from, body) => {
    const sender = senderOf(from, body, options);
    if (sender !== undefined)
      takeDecide(
        { ...from, sender, refuse: (problem, retryAfterMs) => refuse(from.exchange, problem, options, retryAfterMs) },
        body,
        options,
      );
  });
  app.options("/v1/*", (response, request) => routes.open(response, request).exchange.sendPreflight());
}

/** Who sends this request and may it go on; undefined when it has been refused. */
function senderOf({ exchange, guard }: Guarded, body: Uint8Array, options: HttpOptions): Sender | undefined {
  const access = accessOf(exchange, body, options.keys);
  if (isProblem(access)) {
    refuse(exchange, access, options);
    return undefined;
  }
  const sender = options.intake.createSender(access, Number.POSITIVE_INFINITY, guard);
  const token = exchange.visitorToken ?? memberText(body, "visitorToken");
  // A token that is no longer honoured loses no event: it merely shows nothing.
  if (token !== undefined) sender.visitor = options.intake.visitorOf(token);
  sender.decide = exchange.wantsDecisions;
  const shortage = options.intake.shortage(sender);
  if (shortage === undefined) return sender;
  refuse(exchange, problemOf(shortage), options, busyRetryAfterMs);
  return undefined;
}

function accessOf(exchange: HttpExchange, body: Uint8Array, keys: KeyRegistry): Access | Problem {
  const key = basicKey(exchange.authorization) ?? memberText(body, "writeKey");
  return keys.authenticate(key, exchange.origin);
}

/** The text of a member of the body itself, not of anything in it. */
function memberText(body: Uint8Array, name: "writeKey" | "visitorToken"): string | undefined {
  if (!hasKey(body, name === "writeKey" ? WRITE_KEY : VISITOR_TOKEN)) return undefined;
  const slice = objectMembers(body)?.get(name);
  return slice === undefined ? undefined : textOf(body, slice);
}

function refuse(
  exchange: HttpExchange,
  problem: Problem,
  { metrics }: Pick<HttpOptions, "metrics">,
  retryAfterMs?: number,
): void {
  const { refusedRequests } = metrics.counts;
  refusedRequests[problem.code] = (refusedRequests[problem.code] ?? 0) + 1;
  exchange.refuse(problem, retryAfterMs === undefined ? {} : { retryAfterMs });
}

function takeEvent(
  from: Guarded,
  { type, body }: { readonly type: EventType; readonly body: Uint8Array },
  options: HttpOptions,
): void {
  const { exchange } = from;
  const sender = senderOf(from, body, options);
  if (sender === undefined) return;
  options.intake.submit(sender, body, { type }, (outcome) => {
    const { answer } = outcome;
    if (answer.is === "applied" || answer.is === "duplicate")
      return exchange.send(
        200,
        `{"success":true,"messageId":${quote(answer.messageId)}${acceptedText(outcome, answer)}}`,
      );
    const problem = answer.is === "refused" ? answer.problem : problemOf(outcome.shortage ?? "busy");
    const messageId = (answer.is === "refused" ? answer.messageId : undefined) ?? outcome.messageId;
    const id = messageId === undefined ? "" : `"messageId":${quote(messageId)},`;
    exchange.send(statusOf(problem), `{"success":false,${id}"problem":${problemText(problem)}}`, {
      retryAfterMs: answer.is === "busy" ? answer.retryAfterMs : undefined,
    });
  });
}

function takeBatch(from: Guarded, body: Uint8Array, options: HttpOptions): void {
  const { exchange } = from;
  const sender = senderOf(from, body, options);
  if (sender === undefined) return;
  const members = objectMembers(body);
  if (members === undefined) return refuse(exchange, malformedJson(body), options);
  const batch = parseBatch(body, members);
  if (isProblem(batch)) return refuse(exchange, batch, options);
  submitBatch(options.intake, sender, batch, (outcomes) => sendBatchReply(exchange, outcomes));
}

function sendBatchReply(exchange: HttpExchange, outcomes: readonly EventOutcome[]): void {
  const results = outcomes.map(eventReply).join(",");
  const busy = outcomes.flatMap(({ answer, shortage }) =>
    answer.is === "busy" ? [{ shortage: shortage ?? "busy", retryAfterMs: answer.retryAfterMs }] : [],
  );
  if (busy.length > 0) {
    const problem = problemOf(busy.every(({ shortage }) => shortage === "rate_limited") ? "rate_limited" : "busy");
    exchange.send(statusOf(problem), `{"success":false,"problem":${problemText(problem)},"results":[${results}]}`, {
      retryAfterMs: Math.max(...busy.map(({ retryAfterMs }) => retryAfterMs)),
    });
    return;
  }
  const refused = outcomes.filter(({ answer }) => answer.is === "refused").length;
  const accepted = outcomes.length - refused;
  exchange.send(200, `{"success":true,"accepted":${accepted},"refused":${refused},"results":[${results}]}`);
}
