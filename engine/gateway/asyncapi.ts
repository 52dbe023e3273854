/**
 * The sockets in AsyncAPI 3.0, made from the wire schemas as openapi.ts is. Socket.IO carries the same messages, each under
 * the name of its event, with its reply as the acknowledgement. Source: https://www.asyncapi.com/docs/reference
 */
import type { TSchema } from "typebox";
import { describedSchemas, referenceTo } from "./described-schemas.ts";
import type { Described } from "./described-schemas.ts";
import { ReceiptFrame, ReceiptReply } from "./receipt-schemas.ts";
import {
  BatchReply,
  BatchRequest,
  DecideFrame,
  DecideFrameReply,
  DecisionsPush,
  EventReply,
  FrameRefusal,
  HelloFrame,
  HelloReply,
  MESSAGES,
  WireMessage,
} from "./wire-schemas.ts";

const SENT = {
  event: WireMessage,
  batch: BatchRequest,
  hello: HelloFrame,
  decide: DecideFrame,
  receipt: ReceiptFrame,
} as const;
const RECEIVED = {
  eventReply: EventReply,
  batchReply: BatchReply,
  helloReply: HelloReply,
  decideReply: DecideFrameReply,
  refusal: FrameRefusal,
  push: DecisionsPush,
  receiptReply: ReceiptReply,
} as const;

/** By the name of its event; the payload is the first argument, the reply that of the acknowledgement. */
const EMITTED: Readonly<Record<string, { readonly payload: Described; readonly reply: TSchema }>> = {
  ...Object.fromEntries(
    Object.entries(MESSAGES).map(([type, schema]) => [type, { payload: referenceTo(schema), reply: EventReply }]),
  ),
  batch: { payload: { type: "array", items: referenceTo(WireMessage) }, reply: BatchReply },
  decide: { payload: referenceTo(DecideFrame), reply: DecideFrameReply },
  receipt: { payload: referenceTo(ReceiptFrame), reply: ReceiptReply },
};
const HEARD = { hello: HelloReply, decisions: DecisionsPush, refused: FrameRefusal } as const;

/** What stands in both channels must not have one name. */
const socketIoName = (event: string): string => `socketIo.${event}`;

export function asyncApiDocument(): Described {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Vif gateway sockets",
      version: "1",
      description:
        "JSON frames both ways. Every event gets one reply under its messageId, durable before it is sent. Close codes: 1001 the gateway closes (connect again), 1006 a frame over the size limit, 4008 the client did not read.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: {
      stream: {
        address: "/v1/stream",
        description:
          "Raw WebSocket. The write key as query `writeKey`, or as a second subprotocol beside `vif`; `decisions=1` adds decisions to the replies of a secret key. A till signs instead of showing its key: `till` (the key's name), `time` (milliseconds since 1970) and `signature` (v1= and the HMAC-SHA256 in hex, by the till's key, of the time, a dot and `/v1/stream`).",
        messages: Object.fromEntries(
          [...Object.keys(SENT), ...Object.keys(RECEIVED)].map((name) => [
            name,
            { $ref: `#/components/messages/${name}` },
          ]),
        ),
        bindings: {
          ws: {
            method: "GET",
            query: {
              type: "object",
              properties: {
                writeKey: { type: "string" },
                decisions: { type: "string", enum: ["1"] },
                till: { type: "string" },
                time: { type: "string" },
                signature: { type: "string" },
              },
            },
          },
        },
      },
      socketIo: {
        address: "/socket.io/",
        description:
          "Socket.IO, protocol 5: `emit(name, payload, acknowledge)`, and the acknowledgement is the reply; `type` may be left out of a payload, as the event's name says it. The handshake's `auth` holds `writeKey` (or `till`, `time` and `signature` as above), and what a hello frame holds: `visitorToken`, an identifier, `language`, `subscribe`; `decisions: true` adds decisions to the replies of a secret key. `hello` comes once after connecting, `decisions` with every push, `refused` for what was emitted without an acknowledgement.",
        messages: Object.fromEntries(
          [...Object.keys(EMITTED), ...Object.keys(HEARD)].map((name) => [
            name,
            { $ref: `#/components/messages/${socketIoName(name)}` },
          ]),
        ),
      },
    },
    operations: {
      takeFrames: operation("stream", "receive", Object.keys(SENT)),
      sendFrames: operation("stream", "send", Object.keys(RECEIVED)),
      takeEmitted: operation("socketIo", "receive", Object.keys(EMITTED)),
      emit: operation("socketIo", "send", Object.keys(HEARD)),
    },
    components: {
      messages: {
        ...Object.fromEntries(
          Object.entries({ ...SENT, ...RECEIVED }).map(([name, schema]) => [name, message(schema)]),
        ),
        ...Object.fromEntries(
          Object.entries(EMITTED).map(([name, { payload, reply }]) => [
            socketIoName(name),
            { name, payload, "x-ack": { args: referenceTo(reply) } },
          ]),
        ),
        ...Object.fromEntries(
          Object.entries(HEARD).map(([name, schema]) => [socketIoName(name), { name, ...message(schema) }]),
        ),
      },
      schemas: describedSchemas(),
    },
  };
}

function operation(channel: string, action: "send" | "receive", names: readonly string[]): Described {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  };
}

function message(schema: TSchema): Described {
  return { payload: referenceTo(schema) };
}
