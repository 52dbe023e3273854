/** A client of a gateway's raw socket that keeps the frames it gets, in order, until a test asks for them. */
import { WebSocket } from "ws";
import { SERVER_KEY } from "./running-gateway.ts";

export interface StreamClientOptions {
  readonly protocols?: string[];
  readonly origin?: string;
}

export interface Frame extends Record<string, unknown> {
  readonly messageId?: string;
  readonly ok?: boolean;
  readonly visitorToken?: string;
  readonly anonymousId?: string;
  readonly problem?: { readonly code: string; readonly field?: string };
  readonly batch?: readonly Frame[];
}

/** A client that keeps what it gets in order. */
export class StreamClient {
  readonly socket: WebSocket;
  readonly #frames: Frame[] = [];
  #wanted: (() => void) | undefined;
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(port: number, query = `writeKey=${SERVER_KEY}`, options: StreamClientOptions = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?${query}`, options.protocols ?? [], {
      ...(options.origin === undefined ? {} : { origin: options.origin }),
    });
    this.socket.on("message", (data: Buffer) => {
      this.#frames.push(JSON.parse(data.toString()) as Frame);
      this.#wanted?.();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  async opened(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("unexpected-response", (_request, response) => reject(new Error(String(response.statusCode))));
      this.socket.once("error", reject);
    });
    return this;
  }

  send(value: unknown): void {
    this.socket.send(typeof value === "string" || Buffer.isBuffer(value) ? value : JSON.stringify(value));
  }

  async next(): Promise<Frame> {
    while (this.#frames.length === 0)
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    return this.#frames.shift() as Frame;
  }

  async ask(value: unknown): Promise<Frame> {
    this.send(value);
    return this.next();
  }
}
