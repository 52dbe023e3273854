/**
 * The sockets in AsyncAPI 3.0, made from the wire schemas as openapi.ts is. Socket.IO carries the same messages: an event
 * call is `emit(type, message, acknowledge)`, a push arrives as `decisions`. Source: https://www.asyncapi.com/docs/reference
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
    },
    operations: {
      takeFrames: operation("receive", Object.keys(SENT)),
      sendFrames: operation("send", Object.keys(RECEIVED)),
    },
    components: {
      messages: Object.fromEntries(
        Object.entries({ ...SENT, ...RECEIVED }).map(([name, schema]) => [name, message(schema)]),
      ),
      schemas: describedSchemas(),
    },
  };
}

function operation(action: "send" | "receive", names: readonly string[]): Described {
  return {
    action,
    channel: { $ref: "#/channels/stream" },
    messages: names.map((name) => ({ $ref: `#/channels/stream/messages/${name}` })),
  };
}

function message(schema: TSchema): Described {
  return { payload: referenceTo(schema) };
}
