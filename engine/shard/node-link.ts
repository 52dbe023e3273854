/**
 * This node's link to the shards of another node: a WebSocket to the `/link` path of its data plane (link-door.ts is the
 * other end). Keeps order; delivers or breaks as a whole; after a break it connects again, and who waits for answers
 * repeats. One frame a shard and turn of the event loop, so that the other node passes it on without reading it.
 *
 * Modes: connecting -> proving (link-proof.ts) -> open -> broken, and from there connecting again after a pause. It is pinged
 * and counts as broken after `linkSilenceMsMax` without a sign of life: a peer that vanished without a word is noticed.
 */
import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import type { RawData } from "ws";
import {
  linkBytesMax,
  linkFrameBytesMax,
  linkFrameBytesPreferred,
  linkPingMs,
  linkRetryMsMax,
  linkRetryMsMin,
  linkSilenceMsMax,
} from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { NodeId, ShardId } from "../model/ids.ts";
import type { FeedExchange } from "./feed-exchange.ts";
import type { FeedSample } from "./feed-port.ts";
import { FrameWriter, readFrame } from "./link-codec.ts";
import { frameBytes } from "./link-frame.ts";
import { answerChallenge, checkServer } from "./link-proof.ts";
import type { ClientProof } from "./link-proof.ts";
import type { FromShard, ToShard } from "./port.ts";

export interface NodeLinkOptions {
  /** Ours. */
  readonly node: NodeId;
  /** Whom we expect there. */
  readonly peer: NodeId;
  /** `ws://host:port` or `wss://`. */
  readonly address: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Runs `task` when the event loop has done what is at hand. */
  readonly soon: (task: () => void) => void;
  /** Open now: nothing of before has survived, in neither direction. */
  readonly onOpen: () => void;
  /** Told once until it is open again, however often it is tried. */
  readonly onBroken: (reason: string) => void;
  readonly onMessage: (message: FromShard) => void;
  /** The live feeds of both nodes; absent: nobody asks for one. */
  readonly feed?: Pick<FeedExchange, "join" | "came"> | undefined;
}

export interface NodeLink {
  readonly address: string;
  readonly isOpen: boolean;
  /** False when the link is not open, or full. */
  write(shard: ShardId, message: ToShard): boolean;
  close(): void;
}

export function createNodeLink(options: NodeLinkOptions): NodeLink {
  const { node, peer, address, secret, clock, timers, soon, onOpen, onBroken, onMessage } = options;
  const writers = new Map<ShardId, FrameWriter>();
  let socket: WebSocket | undefined;
  let mode: "connecting" | "proving" | "open" | "broken" | "closed" = "connecting";
  let proof: ClientProof | undefined;
  let heardMs = 0;
  let retryMs = linkRetryMsMin;
  let flushing = false;
  let isBroken = false;
  let cancelTimer = (): void => undefined;
  let isFeedWanted = false;
  const leaveFeed = options.feed?.join((on) => {
    isFeedWanted = on;
    askFeed(on);
  });
  connect();

  function askFeed(on: boolean): void {
    if (mode === "open") socket?.send(JSON.stringify({ feed: on }));
  }

  function connect(): void {
    mode = "connecting";
    proof = undefined;
    heardMs = clock.monotonicMs();
    const opened = new WebSocket(`${address}/link`, {
      perMessageDeflate: false,
      maxPayload: linkFrameBytesMax,
      handshakeTimeout: linkSilenceMsMax,
    });
    opened.binaryType = "arraybuffer";
    socket = opened;
    opened.on("open", () => {
      mode = "proving";
    });
    opened.on("message", (bytes, isBinary) => {
      if (opened === socket) hear(bytes, isBinary);
    });
    opened.on("pong", () => {
      heardMs = clock.monotonicMs();
    });
    opened.on("error", (error) => breakOff(opened, error.message));
    opened.on("close", (code) => breakOff(opened, `closed with ${code}`));
    cancelTimer = timers.after(linkPingMs, watch);
  }

  function watch(): void {
    if (socket === undefined) return;
    if (clock.monotonicMs() - heardMs > linkSilenceMsMax) return breakOff(socket, "silent");
    if (mode === "open") socket.ping();
    cancelTimer = timers.after(linkPingMs, watch);
  }

  function breakOff(broken: WebSocket, reason: string): void {
    if (broken !== socket || mode === "closed") return;
    socket = undefined;
    const isNews = !isBroken;
    isBroken = true;
    mode = "broken";
    writers.clear();
    cancelTimer();
    broken.terminate();
    cancelTimer = timers.after(retryMs, connect);
    retryMs = Math.min(retryMs * 2, linkRetryMsMax);
    if (isNews) onBroken(reason);
  }

  function hear(bytes: RawData, isBinary: boolean): void {
    heardMs = clock.monotonicMs();
    try {
      if (isBinary && mode === "open") readFrame(bytes as ArrayBuffer, (message) => onMessage(message as FromShard));
      else if (!isBinary && mode === "proving") prove(JSON.parse(textOf(bytes)));
      else if (!isBinary && mode === "open") hearFeed(JSON.parse(textOf(bytes)));
      else throw new Error("said something out of turn");
    } catch (error) {
      if (socket !== undefined) breakOff(socket, error instanceof Error ? error.message : String(error));
    }
  }

  /** From a node that has proved that it holds the link secret; it was a sample when it was written. */
  function hearFeed(said: { readonly sample?: FeedSample } | null): void {
    if (said?.sample === undefined) throw new Error("said something out of turn");
    options.feed?.came(said.sample);
  }

  function prove(said: unknown): void {
    if (proof === undefined) {
      const nonce = randomBytes(16).toString("hex");
      proof = answerChallenge({ secret, node, nonce, now: clock.now() }, said);
      if (proof === undefined) throw new Error("speaks another version of the link");
      socket?.send(JSON.stringify(proof));
      return;
    }
    const named = checkServer(secret, proof, said);
    if (named === undefined) throw new Error("does not hold the link secret");
    if (named !== peer) throw new Error("is another node than expected");
    mode = "open";
    retryMs = linkRetryMsMin;
    isBroken = false;
    onOpen();
    if (isFeedWanted) askFeed(true);
  }

  function flush(): void {
    flushing = false;
    for (const writer of writers.values()) {
      const frame = writer.take();
      if (frame !== undefined && mode === "open") socket?.send(frameBytes(frame));
    }
  }

  return {
    address,
    get isOpen() {
      return mode === "open";
    },
    write(shard, message) {
      if (mode !== "open" || socket === undefined || socket.bufferedAmount > linkBytesMax) return false;
      let writer = writers.get(shard);
      if (writer === undefined) {
        writer = new FrameWriter(0, shard);
        writers.set(shard, writer);
      }
      writer.write(message);
      // Repeating all that a shard's new owner has not answered may be far more than fits into a frame.
      if (writer.bytes > linkFrameBytesPreferred) flush();
      else if (!flushing) {
        flushing = true;
        soon(flush);
      }
      return true;
    },
    close() {
      leaveFeed?.();
      flush();
      mode = "closed";
      cancelTimer();
      socket?.close();
      socket = undefined;
    },
  };
}

function textOf(bytes: RawData): string {
  return bytes instanceof ArrayBuffer ? Buffer.from(bytes).toString("utf8") : String(bytes);
}
