/**
 * Where other nodes' links come in: the `/link` path of the data plane, as a behaviour that the gateway mounts on its own
 * uWebSockets app. A connection that has proved that it holds the link secret gets a number; frames go to whom they are for
 * unread, stamped with that number; answers go back the same way. Everything else closes the connection.
 */
import { randomBytes } from "node:crypto";
import { linkBytesMax, linkFrameBytesMax, linkSilenceMsMax } from "../limits.ts";
import type { Clock } from "../model/clock.ts";
import type { NodeId } from "../model/ids.ts";
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
  /** A frame of the link with that number; the buffer is the receiver's. Throws FrameUnreadable to break the link. */
  readonly onFrame: (link: number, frame: ArrayBuffer) => void;
  readonly onLinked: (link: number, node: NodeId) => void;
  readonly onUnlinked: (link: number) => void;
}

export interface LinkDoor {
  readonly behaviour: DoorBehaviour;
  /** Sends a frame back; breaks a link that does not read. Nothing when the link is gone. */
  send(link: number, frame: ArrayBuffer): void;
  /** Breaks all links: what was refused lately must not be overtaken by what follows it; the other ends repeat in order. */
  breakAll(reason: string): void;
  readonly links: number;
}

interface Guest {
  readonly nonce: string;
  link: number | undefined;
}

/** In the range that RFC 6455 7.4.2 leaves to applications. */
const CLOSE_REFUSED = 4401;
const CLOSE_BROKEN = 4500;

export function createLinkDoor(options: LinkDoorOptions): LinkDoor {
  const { node, secret, clock, onFrame, onLinked, onUnlinked } = options;
  const guests = new Map<DoorSocket, Guest>();
  const sockets = new Map<number, DoorSocket>();
  let lastLink = 0;

  function open(socket: DoorSocket): void {
    const nonce = randomBytes(16).toString("hex");
    guests.set(socket, { nonce, link: undefined });
    socket.send(JSON.stringify({ link: LINK_VERSION, nonce }), false);
  }

  function message(socket: DoorSocket, bytes: ArrayBuffer, isBinary: boolean): void {
    const guest = guests.get(socket);
    if (guest === undefined) return;
    try {
      // The bytes are lent for the length of this call.
      if (guest.link !== undefined && isBinary) onFrame(guest.link, bytes.slice(0));
      else if (guest.link === undefined && !isBinary) welcome(socket, guest, bytes);
      else socket.end(CLOSE_REFUSED, "said something out of turn");
    } catch {
      socket.end(CLOSE_BROKEN, "said something that cannot be read");
    }
  }

  function welcome(socket: DoorSocket, guest: Guest, bytes: ArrayBuffer): void {
    const side = { secret, node, nonce: guest.nonce, now: clock.now() };
    const proof = answerClient(side, JSON.parse(Buffer.from(bytes).toString("utf8")));
    if (proof === undefined) return socket.end(CLOSE_REFUSED, "the link secret is not proved");
    guest.link = ++lastLink;
    sockets.set(guest.link, socket);
    socket.send(JSON.stringify({ node: proof.node, proof: proof.proof }), false);
    onLinked(guest.link, proof.client);
  }

  function close(socket: DoorSocket): void {
    const link = guests.get(socket)?.link;
    guests.delete(socket);
    if (link === undefined) return;
    sockets.delete(link);
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
    breakAll(reason) {
      for (const socket of [...sockets.values()]) socket.end(CLOSE_BROKEN, reason);
    },
    get links() {
      return sockets.size;
    },
  };
}
