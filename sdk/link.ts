/**
 * One connection to the engine, from its hello to its end; whoever holds it opens the next. Over the raw socket, which costs
 * the page nothing, or over Socket.IO for pages that have it: the same questions and answers either way.
 */
import type { Decision, EventReply, HelloReply, WireEvent } from "./wire.ts";

export interface LinkOptions {
  /** Origin of the engine. */
  readonly url: string;
  readonly key: string;
  readonly visitorToken: string | undefined;
  readonly language: string;
}

export interface LinkEvents {
  onHello(reply: HelloReply): void;
  onReply(reply: EventReply): void;
  onPush(decisions: readonly Decision[]): void;
  /** It is over; told once, and not after `close`. */
  onEnd(): void;
}

export interface Link {
  send(event: WireEvent): void;
  close(): void;
}

export type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;

/** The raw socket. The key goes as a subprotocol: addresses are logged, and it has no place in a log. */
export const openSocket: OpenLink = ({ url, key, visitorToken, language }, events) => {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/stream`, ["vif", key]);
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", visitorToken, subscribe: true, language }));
  socket.onmessage = ({ data }) => {
    const said = JSON.parse(String(data)) as { readonly type?: string; readonly push?: string } & EventReply &
      HelloReply;
    if (said.push) events.onPush(said.decisions ?? []);
    else if (said.type === "hello") events.onHello(said);
    else events.onReply(said);
  };
  socket.onclose = () => events.onEnd();
  return {
    send: (event) => socket.send(JSON.stringify(event)),
    close() {
      socket.onclose = socket.onmessage = null;
      socket.close();
    },
  };
};

/** The part of a socket of socket.io-client that is used. */
export interface SocketIoSocket {
  on(name: string, listener: (said: never) => void): unknown;
  emit(name: string, ...values: unknown[]): unknown;
  disconnect(): unknown;
}
export type SocketIo = (url: string, options: Record<string, unknown>) => SocketIoSocket;

/** @param io `io` of socket.io-client, version 4 */
export function overSocketIo(io: SocketIo): OpenLink {
  return ({ url, key, visitorToken, language }, events) => {
    let closed = false;
    const end = (): void => {
      if (closed) return;
      closed = true;
      events.onEnd();
    };
    const auth = { writeKey: key, visitorToken, subscribe: true, language };
    // Whoever holds the link opens the next one, with the visitor's token of then.
    const socket = io(url, { auth, reconnection: false, forceNew: true });
    socket.on("hello", (said: HelloReply) => events.onHello(said));
    socket.on("decisions", (said: { readonly decisions: readonly Decision[] }) => events.onPush(said.decisions));
    socket.on("disconnect", end);
    socket.on("connect_error", end);
    return {
      send: ({ type, ...message }) => socket.emit(type, message, (reply: EventReply) => events.onReply(reply)),
      close() {
        closed = true;
        socket.disconnect();
      },
    };
  };
}
