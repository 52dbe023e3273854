/**
 * One connection to the engine's raw socket, signed by a till's key at each handshake. The only user of `ws` here. Frames
 * that are sent in one task go out in one write: a write for each was a quarter of a replay's processor time.
 */
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { signTill } from "../gateway/till-signature.ts";
import { replaySilenceMsMax } from "../limits.ts";
import type { Clock } from "../model/clock.ts";
import type { ReceiptSocket, SocketEvents } from "./receipt-sender.ts";

export interface StreamSocketOptions {
  /** `http://host:port` of the data plane; undefined: no engine is there at present. */
  readonly find: () => string | undefined;
  readonly till: string;
  readonly key: string;
  readonly clock: Clock;
}

const PATH = "/v1/stream";

export function createStreamSocket(
  { find, till, key, clock }: StreamSocketOptions,
  events: SocketEvents,
): ReceiptSocket {
  const url = find();
  if (url === undefined) {
    setImmediate(() => events.onLost("no engine runs", false));
    return { send: () => undefined, close: () => undefined };
  }
  let wire: Socket | undefined;
  let corked = false;
  const time = String(clock.now());
  const query = new URLSearchParams({ till, time, signature: signTill(key, time, PATH) });
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${PATH}?${query.toString()}`, {
    perMessageDeflate: false,
    handshakeTimeout: replaySilenceMsMax,
  });
  const uncork = (): void => {
    corked = false;
    wire?.uncork();
  };
  let lost = false;
  let alive = clock.monotonicMs();
  const lose = (reason: string, refusal: boolean): void => {
    if (lost) return;
    lost = true;
    clearInterval(watch);
    socket.terminate();
    events.onLost(reason, refusal);
  };
  // An engine that stands still, or whose computer is gone, closes nothing.
  const watch = setInterval(() => {
    if (clock.monotonicMs() - alive > replaySilenceMsMax) return lose("the engine does not answer", false);
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, replaySilenceMsMax / 3);
  const hear = (): void => void (alive = clock.monotonicMs());
  socket.on("upgrade", (response) => void (wire = response.socket));
  socket.on("open", () => events.onOpen());
  socket.on("pong", hear);
  socket.on("ping", hear);
  socket.on("message", (bytes: Buffer) => {
    hear();
    events.onFrame(bytes.toString("utf8"));
  });
  socket.on("unexpected-response", (_request, response) => {
    const { statusCode = 0 } = response;
    let body = "";
    response.on("data", (part: Buffer) => (body += part.toString("utf8")));
    response.on("end", () => {
      const refusal = statusCode >= 400 && statusCode < 500 && statusCode !== 429;
      lose(
        refusal ? `The engine refuses the key ${till}: ${reasonOf(body, statusCode)}` : "the engine is busy",
        refusal,
      );
    });
    response.on("error", () => lose("the connection broke", false));
  });
  socket.on("error", (error: Error & { readonly code?: string }) =>
    lose(error.code === "ECONNREFUSED" ? "no engine listens" : "the connection broke", false),
  );
  socket.on("close", () => lose("the connection was closed", false));
  return {
    send(frame) {
      if (!corked) {
        corked = true;
        wire?.cork();
        setImmediate(uncork);
      }
      socket.send(frame);
    },
    close: () => {
      lost = true;
      clearInterval(watch);
      socket.close();
    },
  };
}

function reasonOf(body: string, status: number): string {
  try {
    const { problem } = JSON.parse(body) as { readonly problem?: { readonly message?: string } };
    return problem?.message ?? `status ${status}`;
  } catch {
    return `status ${status}`;
  }
}
