/**
 * The Segment HTTP tracking API, questions about decisions, and what operators ask. Success means durable: 200 is sent when
 * every event of the request is in its shard's journal or refused for good; 503 and 429 mean that the whole may be sent
 * again as it is. Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { busyRetryAfterMs } from "../limits.ts";
import { EVENT_TYPES } from "../model/event.ts";
import type { EventType } from "../model/event.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Problem } from "../shard/port.ts";
import { parseBatch, submitBatch } from "./batch.ts";
import { HttpExchange } from "./http-exchange.ts";
import { takeReceipts } from "./http-receipts.ts";
import type { BodyBudget } from "./http-exchange.ts";
import type { Intake, Sender } from "./intake.ts";
import { objectMembers, textOf } from "./json-slices.ts";
import { basicKey } from "./keys.ts";
import type { Access, KeyRegistry } from "./keys.ts";
import { hasKey, soughtKey } from "./key-search.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { namedPerson, readablePerson } from "./read-access.ts";
import { acceptedText, decisionsText, eventReply, problemOf, problemText, quote, statusOf } from "./replies.ts";
import type { EventOutcome } from "./replies.ts";
import { SlotView } from "./slot-view.ts";
import type { Slots } from "./slot-view.ts";
import { createGuard } from "./guard.ts";
import type { FaultLog, Guard } from "./guard.ts";
import { isProblem, parseDecideRequest } from "./wire-validators.ts";

export interface HttpOptions {
  readonly keys: KeyRegistry;
  readonly intake: Intake;
  readonly metrics: GatewayMetrics;
  readonly identifiers: IdentifierRules;
  readonly onFault: FaultLog;
  readonly slots?: Slots | undefined;
  /** Wall clock, for the times of signatures. */
  readonly now: () => number;
}

const WRITE_KEY = soughtKey("writeKey");
const VISITOR_TOKEN = soughtKey("visitorToken");

export function addHttp(app: TemplatedApp, options: HttpOptions): void {
  const { keys, onFault } = options;
  const budget: BodyBudget = { heldBytes: 0 };
  const open = (response: HttpResponse, request: HttpRequest): Guarded => {
    const exchange = new HttpExchange(response, request, budget);
    const close = (): void => exchange.refuse(problemOf("fault"), { closes: true });
    if (exchange.origin !== undefined && keys.allowsOrigin(exchange.origin)) exchange.share();
    return { exchange, guard: createGuard("http", onFault, close) };
  };
  const post = (path: string, take: (from: Guarded, body: Uint8Array) => void): void =>
    void app.post(path, (response, request) => {
      const from = open(response, request);
      from.guard(() => from.exchange.readBody((body) => from.guard(() => take(from, body))));
    });
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
  post("/v1/decide", (from, body) => takeDecide(from, body, options));
  app.options("/v1/*", (response, request) => open(response, request).exchange.sendPreflight());
}

/** One request, and what runs its parts. */
interface Guarded {
  readonly exchange: HttpExchange;
  readonly guard: Guard;
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

function refuse(exchange: HttpExchange, problem: Problem, { metrics }: HttpOptions, retryAfterMs?: number): void {
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
  if (members === undefined) return refuse(exchange, problemOf("malformed_json"), options);
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

function takeDecide(from: Guarded, body: Uint8Array, options: HttpOptions): void {
  const { exchange } = from;
  const { intake, identifiers, slots } = options;
  const sender = senderOf(from, body, options);
  if (sender === undefined) return;
  const value = jsonOf(body);
  const request = value === undefined ? problemOf("malformed_json") : parseDecideRequest(value);
  if (isProblem(request)) return refuse(exchange, request, options);
  const person = readablePerson(sender.access, sender.visitor, namedPerson(request, identifiers));
  if (isProblem(person)) return refuse(exchange, person, options);
  intake.decide(sender, person.identifier, (outcome) => {
    if (outcome.is === "refused") return refuse(exchange, outcome.problem, options, outcome.retryAfterMs);
    const { known, plan } = outcome;
    const { language } = request;
    const decisions =
      language == null || slots === undefined
        ? outcome.decisions
        : new SlotView(slots, language).whole(outcome.decisions);
    const text = `{"success":true,"known":${known},"decisions":${decisionsText(decisions)},"plan":${quote(plan)}}`;
    exchange.send(200, text);
  });
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return undefined;
  }
}
