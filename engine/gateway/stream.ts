/**
 * The raw socket, `/v1/stream`: JSON frames both ways. A frame with one event, the usual one, is passed on as the bytes it
 * came in; this thread does not parse it. Every event gets one reply under its messageId, in whatever order answers come;
 * `hello` and `decide` frames and batches get one each. Replies to one socket leave together (outbox.ts).
 */
import { readJson } from "./json-fault.ts";
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from "uWebSockets.js";
import {
  busyRetryAfterMs,
  frameBytesMax,
  socketBufferedBytesMax,
  socketIdleSeconds,
  socketInFlightMax,
  socketsMax,
} from "../limits.ts";
import type { Timers } from "../model/clock.ts";
import { EVENT_TYPES } from "../model/event.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import { parseBatch } from "./batch.ts";
import { Conversation } from "./conversation.ts";
import type { Intake } from "./intake.ts";
import { createGuard } from "./guard.ts";
import type { FaultLog, Guard } from "./guard.ts";
import { objectMembers, textOf } from "./json-slices.ts";
import type { Access, KeyRegistry } from "./keys.ts";
import { firstOwnByte, hasOwnKey, ownText, soughtKey } from "./key-search.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { CLOSE_FAULT, CLOSE_GOING_AWAY, Outbox } from "./outbox.ts";
import { receiptReply } from "./receipt-replies.ts";
import { decisionsText, eventReply, problemOf, problemText, quote, refusedReply, statusOf } from "./replies.ts";
import type { EventOutcome } from "./replies.ts";
import type { Slots } from "./slot-view.ts";
import { statusText } from "./status-text.ts";
import { signedHandshake } from "./till-signature.ts";
import { isProblem, parseDecideFrame, parseHelloFrame } from "./wire-validators.ts";

export interface StreamOptions {
  readonly keys: KeyRegistry;
  readonly intake: Intake;
  readonly metrics: GatewayMetrics;
  readonly timers: Timers;
  readonly identifiers: IdentifierRules;
  readonly ready: () => boolean;
  readonly onFault: FaultLog;
  readonly slots?: Slots | undefined;
  /** Wall clock, for the times of signatures. */
  readonly now: () => number;
}

interface Connected {
  readonly access: Access;
  readonly decide: boolean;
  talk: Conversation | undefined;
  outbox: Outbox | undefined;
}

export interface Stream {
  /** Says goodbye to every socket. */
  close(): void;
}

const BATCH = soughtKey("batch");
const TYPE = soughtKey("type");
const MESSAGE_ID = soughtKey("messageId");
const REQUEST_ID = soughtKey("requestId");
/** First letters of `hello`, `decide` and `receipt`; no event type begins with any. */
const LETTER_H = 104;
const LETTER_D = 100;
const LETTER_R = 114;

export function addStream(app: TemplatedApp, options: StreamOptions): Stream {
  const { keys, metrics } = options;
  const open = new Set<Outbox>();
  function admit(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const protocols = request.getHeader("sec-websocket-protocol");
    const { key, selected } = keyOf(request.getQuery("writeKey"), protocols);
    const origin = request.getHeader("origin") || undefined;
    const proof = signedHandshake((name) => request.getQuery(name));
    const access =
      proof === undefined ? keys.authenticate(key, origin) : keys.authenticateSocket(proof, options.now(), origin);
    const problem = isProblem(access)
      ? access
      : !options.ready() || open.size >= socketsMax
        ? problemOf("busy")
        : undefined;
    if (problem !== undefined || isProblem(access))
      return refuseUpgrade(response, problem ?? problemOf("busy"), metrics);
    upgrade(response, request, context, {
      selected,
      connected: { access, decide: request.getQuery("decisions") === "1", talk: undefined, outbox: undefined },
    });
  }
  app.ws<Connected>("/v1/stream", {
    maxPayloadLength: frameBytesMax,
    idleTimeout: socketIdleSeconds,
    sendPingsAutomatically: true,
    maxBackpressure: 2 * socketBufferedBytesMax,
    upgrade: (response, request, context) =>
      createGuard(
        "stream, upgrade",
        options.onFault,
        () => void response.close(),
      )(() => admit(response, request, context)),
    open(socket) {
      const connected = socket.getUserData();
      const outbox = new Outbox(socket, options.timers, () => void metrics.counts.slowReaders++);
      connected.outbox = outbox;
      const guard = createGuard("stream", options.onFault, () => outbox.end(CLOSE_FAULT, "a fault of the gateway"));
      connected.talk = talkOf(connected, { outbox, guard }, options);
      open.add(outbox);
      metrics.counts.sockets.stream++;
    },
    message(socket, message) {
      const { talk, outbox } = socket.getUserData();
      if (talk === undefined || outbox === undefined) return;
      talk.sender.guard(() => takeFrame(talk, outbox, new Uint8Array(message)));
    },
    drain(socket) {
      socket.getUserData().outbox?.drained();
    },
    close(socket) {
      const { talk, outbox } = socket.getUserData();
      outbox?.closed();
      if (outbox !== undefined && open.delete(outbox)) metrics.counts.sockets.stream--;
      talk?.sender.guard(() => talk.close());
    },
  });
  return {
    close() {
      for (const outbox of open) outbox.end(CLOSE_GOING_AWAY, "the gateway closes");
    },
  };
}

/**
 * A browser cannot set headers on a socket: the key comes as `?writeKey=`, or, where addresses are logged, as a second
 * subprotocol beside `vif`. RFC 6455, 4.1: the server chooses one of those offered.
 */
function keyOf(
  query: string | undefined,
  protocols: string,
): { key: string | undefined; selected: string | undefined } {
  const offered = protocols
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const key = offered.find((each) => each !== "vif");
  return { key: query ?? key, selected: offered.includes("vif") ? "vif" : key };
}

function upgrade(
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
  { selected, connected }: { readonly selected: string | undefined; readonly connected: Connected },
): void {
  response.upgrade(
    connected,
    request.getHeader("sec-websocket-key"),
    selected ?? "",
    request.getHeader("sec-websocket-extensions"),
    context,
  );
}

function refuseUpgrade(response: HttpResponse, problem: ReturnType<typeof problemOf>, metrics: GatewayMetrics): void {
  const { refusedRequests } = metrics.counts;
  refusedRequests[problem.code] = (refusedRequests[problem.code] ?? 0) + 1;
  response.writeStatus(statusText(statusOf(problem))).writeHeader("content-type", "application/json");
  if (problem.code === "busy") response.writeHeader("retry-after", String(busyRetryAfterMs / 1_000));
  response.end(`{"success":false,"problem":${problemText(problem)}}`);
}

function talkOf(
  { access, decide }: Connected,
  { outbox, guard }: { readonly outbox: Outbox; readonly guard: Guard },
  { intake, identifiers, slots }: StreamOptions,
): Conversation {
  const sender = intake.createSender(access, socketInFlightMax, guard);
  // A browser is shown its own content unasked; a server usually forwards events and asks when it wants to know.
  sender.decide = decide || !access.trusted;
  return new Conversation(intake, sender, {
    identifiers,
    slots,
    onPush({ field, identifier }, decisions) {
      const whom = `"${field}":${quote(identifier.value)}`;
      outbox.push(whom, `{"push":"decisions",${whom},"decisions":${decisionsText(decisions)}}`);
    },
  });
}

function takeFrame(talk: Conversation, outbox: Outbox, bytes: Uint8Array): void {
  if (outbox.paused) return outbox.reply(refusedReply(problemOf("busy"), ownText(bytes, MESSAGE_ID), busyRetryAfterMs));
  const letter = firstOwnByte(bytes, TYPE);
  if (letter === LETTER_H || letter === LETTER_D || hasOwnKey(bytes, BATCH)) {
    if (takeUnusual(talk, outbox, bytes)) return;
  }
  if (letter === LETTER_R) return takeReceipt(talk, outbox, bytes);
  talk.submit(bytes, (outcome) => outbox.reply(eventReply(withFrameTypes(outcome))));
}

/** A frame of no known type goes the way of events, which know of no others: a socket has more. */
function withFrameTypes(outcome: EventOutcome): EventOutcome {
  const { answer } = outcome;
  if (answer.is !== "refused" || answer.problem.field !== "/type") return outcome;
  const problem = { ...answer.problem, message: FRAME_TYPES };
  return { ...outcome, answer: { ...answer, problem } };
}

const FRAME_TYPES = `/type must be one of ${["hello", "decide", ...EVENT_TYPES].join(", ")}, or of a till receipt; many events go as {"batch": [...]}.`;

function takeReceipt(talk: Conversation, outbox: Outbox, bytes: Uint8Array): void {
  const requestId = ownText(bytes, REQUEST_ID);
  talk.submitReceipt(bytes, (outcome) => outbox.reply(receiptReply(outcome, requestId)));
}

/** A frame that may be no single event, looked at properly. @returns false when it is one after all */
function takeUnusual(talk: Conversation, outbox: Outbox, bytes: Uint8Array): boolean {
  const members = objectMembers(bytes);
  if (members === undefined) return false;
  const typeSlice = members.get("type");
  const type = typeSlice === undefined ? undefined : textOf(bytes, typeSlice);
  if (type === "hello" || type === "decide") {
    takeQuestion(talk, outbox, { type, bytes });
    return true;
  }
  if (type !== undefined || !members.has("batch")) return false;
  const batch = parseBatch(bytes, members);
  if (isProblem(batch)) outbox.reply(refusedReply(batch, undefined));
  else talk.submitBatch(batch, (outcomes) => outbox.reply(`{"batch":[${outcomes.map(eventReply).join(",")}]}`));
  return true;
}

function takeQuestion(
  talk: Conversation,
  outbox: Outbox,
  { type, bytes }: { readonly type: "hello" | "decide"; readonly bytes: Uint8Array },
): void {
  const read = readJson(bytes);
  const frame = isProblem(read) ? read : type === "hello" ? parseHelloFrame(read.value) : parseDecideFrame(read.value);
  const requestId = isProblem(frame) ? undefined : frame.requestId;
  const head = `{"type":"${type}",${requestId === undefined ? "" : `"requestId":${JSON.stringify(requestId)},`}`;
  const refuse = (problem: ReturnType<typeof problemOf>, retryAfterMs?: number): void =>
    outbox.reply(head + refusedReply(problem, undefined, retryAfterMs).slice(1));
  if (isProblem(frame)) return refuse(frame);
  if (frame.type === "decide")
    return talk.decide(frame, (outcome) => {
      if (outcome.is === "refused") return refuse(outcome.problem, outcome.retryAfterMs);
      outbox.reply(`${head}"ok":true,"known":${outcome.known},"decisions":${decisionsText(outcome.decisions)}}`);
    });
  talk.hello(frame, (outcome) => {
    if (outcome.is === "refused") return refuse(outcome.problem, outcome.retryAfterMs);
    const { anonymousId, visitorToken, subscribed, decisions } = outcome;
    let reply = `${head}"ok":true`;
    if (anonymousId !== undefined) reply += `,"anonymousId":${quote(anonymousId)}`;
    if (visitorToken !== undefined) reply += `,"visitorToken":${quote(visitorToken)}`;
    reply += `,"subscribed":${subscribed}`;
    if (decisions !== undefined) reply += `,"decisions":${decisionsText(decisions)}`;
    outbox.reply(`${reply}}`);
  });
}
