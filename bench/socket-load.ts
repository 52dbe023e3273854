/**
 * Load over raw WebSockets, cheap enough that the server is what is measured: frames are copied from templates, replies
 * are only counted and timed. Closed loop (each connection keeps `pipeline` events unanswered) for throughput; open loop
 * (events leave at a fixed rate, whatever comes back) for latency, counted from when an event was due, so that a stall
 * is not hidden by fewer events sent during it.
 */
import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";
import { latenciesOf } from "./results.ts";
import { type EventFrames, FRAME_BYTES_MAX, SEQUENCE_OFFSET, readSequence } from "./visits.ts";

export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export interface LoadResult {
  readonly events: number;
  readonly refused: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** Of the open loop; NaN in the closed one. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const SLOTS = 1 << 20;

/** Tells the runs of a bench apart, so that no message id comes twice. */
let nextSequence = 1;

class Connection {
  readonly socket: Socket;
  readonly visitor: () => number;
  unanswered = 0;
  #rest: Buffer | undefined;

  constructor(socket: Socket, visitor: () => number) {
    this.socket = socket;
    this.visitor = visitor;
  }

  /** Calls `reply` for every complete server frame with its text's place. */
  read(chunk: Buffer, reply: (bytes: Buffer, at: number, length: number) => void): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 2 <= bytes.length) {
      let length = (bytes[at + 1] ?? 0) & 127;
      let head = 2;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        length = bytes.readUInt16BE(at + 2);
        head = 4;
      }
      if (at + head + length > bytes.length) break;
      if (bytes[at] === 0x81) reply(bytes, at + head, length);
      at += head + length;
    }
    this.#rest = at === bytes.length ? undefined : bytes.subarray(at);
  }
}

export async function openConnections(target: LoadTarget, count: number, frames: EventFrames): Promise<Load> {
  const connections: Connection[] = [];
  for (let i = 0; i < count; i++) connections.push(new Connection(await open(target), frames.createVisitor()));
  return new Load(connections, frames);
}

function open({ host, port, path }: LoadTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once("connect", () => {
      const key = randomBytes(16).toString("base64");
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
    socket.once("data", (head: Buffer) => {
      if (!head.toString("latin1").startsWith("HTTP/1.1 101"))
        return reject(new Error(`no upgrade: ${head.toString("latin1").slice(0, 200)}`));
      resolve(socket);
    });
  });
}

export class Load {
  readonly #connections: readonly Connection[];
  readonly #frames: EventFrames;
  readonly #buffer = Buffer.allocUnsafe(64 * FRAME_BYTES_MAX);
  /** When the event of a sequence number (modulo SLOTS) was due. */
  readonly #dueAt = new Float64Array(SLOTS);

  constructor(connections: readonly Connection[], frames: EventFrames) {
    this.#connections = connections;
    this.#frames = frames;
  }

  async closedLoop(seconds: number, pipeline: number): Promise<LoadResult> {
    let answered = 0;
    let refused = 0;
    let sending = true;
    const startMs = performance.now();
    for (const connection of this.#connections) {
      connection.unanswered = 0;
      connection.socket.removeAllListeners("data");
      connection.socket.on("data", (chunk: Buffer) => {
        let replies = 0;
        connection.read(chunk, (bytes, at, length) => {
          replies += 1;
          if (isRefusal(bytes, at, length)) refused += 1;
        });
        answered += replies;
        connection.unanswered -= replies;
        if (sending) this.#send(connection, pipeline - connection.unanswered);
      });
      this.#send(connection, pipeline);
    }
    await pause(seconds * 1000);
    const events = answered;
    const tookSeconds = (performance.now() - startMs) / 1000;
    sending = false;
    await this.#settle();
    return {
      events,
      refused,
      seconds: tookSeconds,
      eventsPerSecond: events / tookSeconds,
      p50Ms: NaN,
      p95Ms: NaN,
      p99Ms: NaN,
      maxMs: NaN,
    };
  }

  async openLoop(seconds: number, eventsPerSecond: number): Promise<LoadResult> {
    const total = Math.floor(seconds * eventsPerSecond);
    const latenciesMs = new Float64Array(total);
    let answered = 0;
    let refused = 0;
    for (const connection of this.#connections) {
      connection.unanswered = 0;
      connection.socket.removeAllListeners("data");
      connection.socket.on("data", (chunk: Buffer) => {
        const nowMs = performance.now();
        connection.read(chunk, (bytes, at, length) => {
          if (isRefusal(bytes, at, length)) refused += 1;
          connection.unanswered -= 1;
          const sequence = readSequence(bytes, at + SEQUENCE_OFFSET);
          if (answered < total) latenciesMs[answered++] = nowMs - (this.#dueAt[sequence % SLOTS] ?? nowMs);
        });
      });
    }
    const startMs = performance.now();
    let sent = 0;
    while (sent < total) {
      const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * eventsPerSecond));
      while (sent < due) {
        const connection = this.#connections[sent % this.#connections.length] as Connection;
        this.#send(connection, 1, startMs + (sent / eventsPerSecond) * 1000);
        sent += 1;
      }
      await pause(1);
    }
    await this.#settle();
    const tookSeconds = (performance.now() - startMs) / 1000;
    return {
      events: answered,
      refused,
      seconds: tookSeconds,
      eventsPerSecond: answered / tookSeconds,
      ...latenciesOf(latenciesMs.subarray(0, answered)),
    };
  }

  close(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  #send(connection: Connection, count: number, dueAtMs = performance.now()): void {
    if (count <= 0) return;
    let length = 0;
    for (let i = 0; i < Math.min(count, 64); i++) {
      const sequence = nextSequence++;
      this.#dueAt[sequence % SLOTS] = dueAtMs;
      length += this.#frames.write(this.#buffer, length, sequence, connection.visitor());
      connection.unanswered += 1;
    }
    connection.socket.write(Buffer.from(this.#buffer.subarray(0, length)));
  }

  /** Waits for what is unanswered, at most ten seconds. */
  async #settle(): Promise<void> {
    for (let i = 0; i < 1000 && this.#connections.some(({ unanswered }) => unanswered > 0); i++) await pause(10);
  }
}

/** `"ok":false` at the end or right after the message id. */
function isRefusal(bytes: Buffer, at: number, length: number): boolean {
  const found = bytes.indexOf('"ok":false', at);
  return found >= 0 && found < at + length;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Starts message ids of this process where no earlier run of a bench on the same store has been. */
export function beginSequences(at: number): void {
  nextSequence = at;
}
