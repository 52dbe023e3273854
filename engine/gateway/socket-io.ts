/**
 * Socket.IO on the same app and port, for pages that want its reconnection and fallbacks. It carries the messages of the raw
 * socket: `emit("track", message, acknowledge)` and so on for every event type, `emit("batch", messages, acknowledge)`,
 * `emit("decide", whom, acknowledge)`; `hello` comes once after connecting, `decisions` with every push, and `refused` for
 * an event that was sent without an acknowledgement to tell it by. The handshake's `auth` holds `writeKey`, and
 * `visitorToken`, `anonymousId`, `subscribe: false` as the hello frame does. About twice the raw socket's cost an event.
 */
import { Server } from "socket.io";
import type { Socket } from "socket.io";
import type { TemplatedApp } from "uWebSockets.js";
import {
  batchEventsMax,
  frameBytesMax,
  socketBufferedBytesMax,
  socketIdleSeconds,
  socketInFlightMax,
  socketsMax,
} from "../limits.ts";
import { EVENT_TYPES } from "../model/event.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Problem } from "../shard/port.ts";
import { Conversation } from "./conversation.ts";
import { createGuard } from "./guard.ts";
import type { FaultLog } from "./guard.ts";
import type { Intake } from "./intake.ts";
import type { Access, KeyRegistry } from "./keys.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { receiptReply } from "./receipt-replies.ts";
import { eventReply, problemOf } from "./replies.ts";
import type { Slots } from "./slot-view.ts";
import { signedHandshake } from "./till-signature.ts";
import { isProblem, parseDecideFrame, parseHelloFrame } from "./wire-validators.ts";

export interface SocketIoOptions {
  readonly keys: KeyRegistry;
  readonly intake: Intake;
  readonly metrics: GatewayMetrics;
  readonly identifiers: IdentifierRules;
  readonly ready: () => boolean;
  readonly onFault: FaultLog;
  readonly slots?: Slots | undefined;
  /** Wall clock, for the times of signatures. */
  readonly now: () => number;
}

export interface SocketIo {
  close(): Promise<void>;
}

/** What is kept with a socket. */
interface Connected {
  access: Access;
}

type NoEvents = Record<string, never>;
type Everything = Record<string, (...values: unknown[]) => void>;
type VifSocket = Socket<Everything, Everything, NoEvents, Connected>;

export function addSocketIo(app: TemplatedApp, options: SocketIoOptions): SocketIo {
  const { keys } = options;
  const server = new Server<Everything, Everything, NoEvents, Connected>({
    serveClient: false,
    maxHttpBufferSize: frameBytesMax,
    cors: { origin: (origin, allow) => allow(null, origin !== undefined && keys.allowsOrigin(origin)) },
  });
  // Engine.IO drops what is over maxBackpressure without a word, so it stands far above the bound that closes a socket.
  const engine = {
    maxHttpBufferSize: frameBytesMax,
    idleTimeout: socketIdleSeconds,
    maxBackpressure: 16 * socketBufferedBytesMax,
  };
  server.attachApp(app, engine);
  server.use((socket, next) => {
    const auth = socket.handshake.auth as Readonly<Record<string, unknown>>;
    const { writeKey } = auth;
    const { origin } = socket.handshake.headers;
    const proof = signedHandshake((name) => (Object.hasOwn(auth, name) ? auth[name] : undefined));
    const access =
      proof === undefined
        ? keys.authenticate(typeof writeKey === "string" ? writeKey : undefined, origin)
        : keys.authenticateSocket(proof, options.now(), origin);
    const problem = isProblem(access)
      ? access
      : !options.ready() || server.engine.clientsCount > socketsMax
        ? problemOf("busy")
        : undefined;
    if (problem !== undefined || isProblem(access)) return next(refusedHandshake(problem ?? problemOf("busy")));
    socket.data.access = access;
    next();
  });
  server.on("connection", (socket) => connect(socket, options));
  return { close: () => new Promise((resolve) => void server.close(() => resolve())) };
}

/** What `connect_error` gets: the code as its message, the problem as its `data`. */
function refusedHandshake(problem: Problem): Error {
  return Object.assign(new Error(problem.code), { data: problem });
}

function connect(socket: VifSocket, { intake, metrics, identifiers, onFault, slots }: SocketIoOptions): void {
  const { access } = socket.data;
  // Socket.IO calls what listens in a task of its own: an error there would be nobody's, and end the process.
  const guard = createGuard("socket.io", onFault, () => void socket.disconnect(true));
  const sender = intake.createSender(access, socketInFlightMax, guard);
  const auth = socket.handshake.auth as Readonly<Record<string, unknown>>;
  sender.decide = !access.trusted || auth.decisions === true;
  const out: Out = {
    emit(name, value) {
      if (!dropIfSlow(socket, metrics)) socket.emit(name, value);
    },
    acknowledge(acknowledge, value) {
      if (!dropIfSlow(socket, metrics)) acknowledge(value);
    },
  };
  const talk = new Conversation(intake, sender, {
    identifiers,
    slots,
    onPush: ({ field, identifier }, decisions) => out.emit("decisions", { [field]: identifier.value, decisions }),
  });
  metrics.counts.sockets.socket_io++;
  socket.on("disconnect", () => {
    talk.close();
    metrics.counts.sockets.socket_io--;
  });
  guard(() => greet(talk, auth, out));
  const ways = new Map<string, Way>([
    ...EVENT_TYPES.map((type): [string, Way] => [type, (message, reply) => takeEvent(talk, { type, message }, reply)]),
    ["batch", (messages, reply) => takeBatch(talk, messages, reply)],
    ["decide", (whom, reply) => takeDecide(talk, whom, reply)],
    ["receipt", (receipt, reply) => takeReceipt(talk, receipt, reply)],
  ]);
  socket.onAny((name: string, ...said: unknown[]) =>
    guard(() => {
      // Whoever says nothing, and waits for an answer, gets one too.
      const acknowledge = typeof said.at(-1) === "function" ? said.pop() : undefined;
      const take = ways.get(name) ?? ((_, reply) => refuseName([...ways.keys()], reply));
      take(said[0], replyTo(acknowledge, out));
    }),
  );
}

function refuseName(allowed: readonly string[], reply: Reply): void {
  const what = `There is no such message; allowed: ${allowed.join(", ")}. \`hello\` is said by \`auth\`, as the socket is opened.`;
  reply({ ok: false, problem: problemOf("invalid_field", undefined, what) }, false);
}

function greet(talk: Conversation, auth: Readonly<Record<string, unknown>>, { emit }: Out): void {
  const { writeKey: _, decisions: __, till: _till, time: _time, signature: _signature, ...rest } = auth;
  const frame = parseHelloFrame({ subscribe: true, ...rest, type: "hello" });
  if (isProblem(frame)) return emit("hello", { ok: false, problem: frame });
  talk.hello(frame, (outcome) => {
    if (outcome.is === "refused") return emit("hello", { ok: false, problem: outcome.problem });
    const { is: _is, ...welcome } = outcome;
    emit("hello", { ok: true, ...welcome });
  });
}

/** The way out of one socket, which looks first whether it is read. */
interface Out {
  emit(name: string, value: unknown): void;
  acknowledge(acknowledge: (value: unknown) => void, value: unknown): void;
}

type Reply = (value: unknown, accepted: boolean) => void;
type Way = (said: unknown, reply: Reply) => void;

function replyTo(acknowledge: unknown, out: Out): Reply {
  if (typeof acknowledge === "function") return (value) => out.acknowledge((known) => void acknowledge(known), value);
  return (value, accepted) => {
    if (!accepted) out.emit("refused", value);
  };
}

function takeEvent(
  talk: Conversation,
  { type, message }: { readonly type: string; readonly message: unknown },
  reply: Reply,
): void {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    const problem = problemOf("invalid_field", undefined, "The first argument must be the message, an object.");
    return reply({ ok: false, problem }, false);
  }
  const text = jsonText({ ...message, type });
  if (text === undefined) return reply({ ok: false, problem: problemOf("too_deep") }, false);
  talk.submit(Buffer.from(text), (outcome) =>
    reply(JSON.parse(eventReply(outcome)), outcome.answer.is === "applied" || outcome.answer.is === "duplicate"),
  );
}

function takeReceipt(talk: Conversation, receipt: unknown, reply: Reply): void {
  const isObject = typeof receipt === "object" && receipt !== null && !Array.isArray(receipt);
  const text = isObject ? jsonText(receipt) : undefined;
  if (text === undefined) {
    const problem = problemOf("invalid_field", undefined, "The first argument must be the receipt, an object.");
    return reply({ ok: false, is: "refused", problem }, false);
  }
  talk.submitReceipt(Buffer.from(text), (outcome) =>
    reply(JSON.parse(receiptReply(outcome)), outcome.answer.is === "receipt"),
  );
}

/** Undefined when it is nested too deeply to be written, which a recursion does where reading needs none. */
function jsonText(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function takeBatch(talk: Conversation, messages: unknown, reply: Reply): void {
  if (!Array.isArray(messages) || messages.length > batchEventsMax) {
    const problem = problemOf(
      "invalid_field",
      undefined,
      `The first argument must be a list of at most ${batchEventsMax} messages.`,
    );
    return reply({ ok: false, problem }, false);
  }
  const text = jsonText(messages);
  if (text === undefined) return reply({ ok: false, problem: problemOf("too_deep") }, false);
  const bytes = Buffer.from(text);
  const entries: { start: number; end: number }[] = [];
  // The cuts are known, as the text was just made: each entry, a comma between.
  let start = 1;
  for (const message of messages as unknown[]) {
    const end = start + Buffer.byteLength(JSON.stringify(message) ?? "null");
    entries.push({ start, end });
    start = end + 1;
  }
  talk.submitBatch({ bytes, entries, completion: {} }, (outcomes) =>
    reply(
      { batch: outcomes.map((outcome) => JSON.parse(eventReply(outcome)) as unknown) },
      outcomes.every(({ answer }) => answer.is === "applied" || answer.is === "duplicate"),
    ),
  );
}

function takeDecide(talk: Conversation, whom: unknown, reply: Reply): void {
  const frame = parseDecideFrame(typeof whom === "object" ? { ...whom, type: "decide" } : whom);
  if (isProblem(frame)) return reply({ ok: false, problem: frame }, false);
  talk.decide(frame, (outcome) => {
    if (outcome.is === "refused") return reply({ ok: false, problem: outcome.problem }, false);
    reply({ ok: true, known: outcome.known, decisions: outcome.decisions }, true);
  });
}

/** A reader that does not read is dropped, as on the raw socket; Socket.IO itself would keep everything for it. */
function dropIfSlow(socket: VifSocket, metrics: GatewayMetrics): boolean {
  if (bufferedBytes(socket) <= socketBufferedBytesMax) return false;
  metrics.counts.slowReaders++;
  socket.disconnect(true);
  return true;
}

/** What waits in uWebSockets for this socket; 0 for long polling, whose packets wait for its next request. */
function bufferedBytes(socket: VifSocket): number {
  const { transport } = socket.conn;
  const raw: unknown = "socket" in transport ? transport.socket : undefined;
  if (typeof raw !== "object" || raw === null || !("getBufferedAmount" in raw)) return 0;
  const { getBufferedAmount } = raw;
  return typeof getBufferedAmount === "function" ? Number(getBufferedAmount.call(raw)) : 0;
}
