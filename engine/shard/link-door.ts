/**
 * Where other nodes' links come in: the `/link` path of the data plane, as a behaviour that the gateway mounts on its own
 * uWebSockets app. A connection that has proved that it holds the link secret gets a number; frames go to whom they are for
 * unread, stamped with that number; answers go back the same way. Everything else closes the connection, and so does waiting
 * with the proof: who has not proved anything yet is a guest, for `linkSilenceMsMax` and among `linkGuestsMax` at most.
 */
import { randomBytes } from "node:crypto";
import { linkBytesMax, linkFrameBytesMax, linkGuestsMax, linkSilenceMsMax, liveBufferedBytesMax } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { NodeId } from "../model/ids.ts";
import type { FeedSample } from "./feed-port.ts";
import { frameBytes } from "./link-frame.ts";
import { answerClient, LINK_VERSION } from "./link-proof.ts";

/** What is used of a uWebSockets.js WebSocket. */
export interface DoorSocket {
  send(message: string | Uint8Array, isBinary: boolean): number;
  getBufferedAmount(): number;
  end(code: number, reason: string): void;
}

/** A uWebSockets.js WebSocketBehavior, as far as it is used: `app.ws("/link", door.behaviour)`. */
export interface DoorBehaviour {
  readonly maxPayloadLength: number;
  readonly idleTimeout: number;
  readonly maxBackpressure: number;
  readonly sendPingsAutomatically: boolean;
  open(socket: DoorSocket): void;
  message(socket: DoorSocket, bytes: ArrayBuffer, isBinary: boolean): void;
  close(socket: DoorSocket): void;
}

export interface LinkDoorOptions {
  readonly node: NodeId;
  readonly secret: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A frame of the link with that number; the buffer is the receiver's. Throws FrameUnreadable to break the link. */
  readonly onFrame: (link: number, frame: ArrayBuffer) => void;
  readonly onLinked: (link: number, node: NodeId) => void;
  readonly onUnlinked: (link: number) => void;
  /** Whether the node behind the link wants to be told what happens here. */
  readonly onFeed: (link: number, on: boolean) => void;
}

export interface LinkDoor {
  readonly behaviour: DoorBehaviour;
  /** Sends a frame back; breaks a link that does not read. Nothing when the link is gone. */
  send(link: number, frame: ArrayBuffer): void;
  /** Tells what happened here; left out on a link that is behind. */
  tell(link: number, sample: FeedSample): void;
  /** Breaks all links: what was refused lately must not be overtaken by what follows it; the other ends repeat in order. */
  breakAll(reason: string): void;
  readonly links: number;
}

interface Guest {
  readonly nonce: string;
  /** Ends the deadline of the proof. */
  readonly cancel: () => void;
}

/** In the range that RFC 6455 7.4.2 leaves to applications. */
const CLOSE_REFUSED = 4401;
const CLOSE_BROKEN = 4500;

export function createLinkDoor(options: LinkDoorOptions): LinkDoor {
  const { node, secret, clock, timers, onFrame, onLinked, onUnlinked, onFeed } = options;
  /** Oldest first. */
  const guests = new Map<DoorSocket, Guest>();
  const linked = new Map<DoorSocket, number>();
  const sockets = new Map<number, DoorSocket>();
  let lastLink = 0;

  function open(socket: DoorSocket): void {
    const nonce = randomBytes(16).toString("hex");
    const cancel = timers.after(linkSilenceMsMax, () => sendAway(socket, "the link secret was not proved in time"));
    guests.set(socket, { nonce, cancel });
    // The oldest goes: a node needs one round trip, so that whoever fills the door keeps none out for long.
    const [oldest] = guests.keys();
    if (guests.size > linkGuestsMax && oldest !== undefined) sendAway(oldest, "too many wait to be let in");
    socket.send(JSON.stringify({ link: LINK_VERSION, nonce }), false);
  }

  /** Closing calls `close`, at once or later. */
  function sendAway(socket: DoorSocket, reason: string): void {
    guests.get(socket)?.cancel();
    guests.delete(socket);
    socket.end(CLOSE_REFUSED, reason);
  }

  function message(socket: DoorSocket, bytes: ArrayBuffer, isBinary: boolean): void {
    const guest = guests.get(socket);
    const link = linked.get(socket);
    try {
      // The bytes are lent for the length of this call.
      if (link !== undefined && isBinary) onFrame(link, bytes.slice(0));
      else if (link !== undefined) onFeed(link, isFeedWanted(JSON.parse(Buffer.from(bytes).toString("utf8"))));
      else if (guest !== undefined && !isBinary) welcome(socket, guest, bytes);
      else if (guest !== undefined) socket.end(CLOSE_REFUSED, "said something out of turn");
    } catch {
      socket.end(CLOSE_BROKEN, "said something that cannot be read");
    }
  }

  function welcome(socket: DoorSocket, guest: Guest, bytes: ArrayBuffer): void {
    const side = { secret, node, nonce: guest.nonce, now: clock.now() };
    const proof = answerClient(side, JSON.parse(Buffer.from(bytes).toString("utf8")));
    if (proof === undefined) return socket.end(CLOSE_REFUSED, "the link secret is not proved");
    guest.cancel();
    guests.delete(socket);
    const link = ++lastLink;
    linked.set(socket, link);
    sockets.set(link, socket);
    socket.send(JSON.stringify({ node: proof.node, proof: proof.proof }), false);
    onLinked(link, proof.client);
  }

  function close(socket: DoorSocket): void {
    guests.get(socket)?.cancel();
    guests.delete(socket);
    const link = linked.get(socket);
    if (link === undefined) return;
    linked.delete(socket);
    sockets.delete(link);
    onFeed(link, false);
    onUnlinked(link);
  }

  return {
    behaviour: {
      maxPayloadLength: linkFrameBytesMax,
      // Whole seconds, at least 8: the client's own watch is the sharper one.
      idleTimeout: Math.max(8, Math.ceil((2 * linkSilenceMsMax) / 1000)),
      maxBackpressure: 4 * linkBytesMax,
      sendPingsAutomatically: true,
      open,
      message,
      close,
    },
    send(link, frame) {
      const socket = sockets.get(link);
      if (socket === undefined) return;
      if (socket.getBufferedAmount() > linkBytesMax) socket.end(CLOSE_BROKEN, "does not read");
      else socket.send(frameBytes(frame), true);
    },
    tell(link, sample) {
      const socket = sockets.get(link);
      if (socket === undefined || socket.getBufferedAmount() > liveBufferedBytesMax) return;
      socket.send(JSON.stringify({ sample }), false);
    },
    breakAll(reason) {
      for (const socket of [...sockets.values()]) socket.end(CLOSE_BROKEN, reason);
    },
    get links() {
      return sockets.size;
    },
  };
}

/** Throws where it is said otherwise. */
function isFeedWanted(said: unknown): boolean {
  const wanted = typeof said === "object" && said !== null && "feed" in said ? said.feed : undefined;
  if (typeof wanted !== "boolean") throw new TypeError("no wish for a feed");
  return wanted;
}
