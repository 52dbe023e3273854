/**
 * What goes out on one socket. Replies of one turn leave in one write; a socket that does not read is noticed by what
 * waits for it. Modes: open -> paused (more than `socketBufferedBytesPauseMax` waits: pushes are held, the latest of each
 * person only, and the socket's own events are answered busy) -> open again once drained, or dropped with a named code
 * (more than `socketBufferedBytesMax` waits, or paused for `slowReaderMsMax`). A reply is never lost silently: either it
 * goes out or the socket is closed.
 */
import { slowReaderMsMax, socketBufferedBytesMax, socketBufferedBytesPauseMax } from "../limits.ts";
import type { Timers } from "../model/clock.ts";

/** Close codes of our own, in the range left to applications (RFC 6455, 7.4.2). */
export const CLOSE_SLOW_READER = 4008;
/** RFC 6455, 7.4.1. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_FAULT = 1011;

/** The socket below: uWebSockets' own has this shape. */
export interface FrameSocket {
  /** 1 sent, 0 waiting, 2 dropped. */
  send(text: string, isBinary: boolean, compress: boolean): number;
  getBufferedAmount(): number;
  cork(write: () => void): unknown;
  end(code: number, reason: string): void;
}

export class Outbox {
  readonly #socket: FrameSocket;
  readonly #timers: Timers;
  readonly #onSlow: () => void;
  #waiting: string[] = [];
  #scheduled = false;
  #heldPushes: Map<string, string> | undefined;
  #cancelPatience: (() => void) | undefined;
  #closed = false;

  constructor(socket: FrameSocket, timers: Timers, onSlow: () => void) {
    this.#socket = socket;
    this.#timers = timers;
    this.#onSlow = onSlow;
  }

  get paused(): boolean {
    return this.#cancelPatience !== undefined;
  }

  /** Goes out at the end of the present task, with whatever else is said until then. */
  reply(text: string): void {
    if (this.#closed) return;
    this.#waiting.push(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  /** @param about whom: while the socket is paused only the latest push about each is kept */
  push(about: string, text: string): void {
    if (!this.paused) return this.reply(text);
    this.#heldPushes ??= new Map();
    this.#heldPushes.set(about, text);
  }

  /** The socket has taken some of what was waiting. */
  drained(): void {
    if (this.#closed || !this.paused || this.#socket.getBufferedAmount() > socketBufferedBytesPauseMax / 2) return;
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    const held = this.#heldPushes;
    this.#heldPushes = undefined;
    for (const text of held?.values() ?? []) this.reply(text);
  }

  end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#flush();
    if (!this.#closed) this.#socket.end(code, reason);
  }

  /** The socket is gone. */
  closed(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#heldPushes = undefined;
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const texts = this.#waiting;
    if (this.#closed || texts.length === 0) return;
    this.#waiting = [];
    let dropped = false;
    if (texts.length === 1) dropped = this.#socket.send(texts[0] ?? "", false, false) === 2;
    else
      this.#socket.cork(() => {
        for (const text of texts) dropped = this.#socket.send(text, false, false) === 2 || dropped;
      });
    const bufferedBytes = this.#socket.getBufferedAmount();
    if (dropped || bufferedBytes > socketBufferedBytesMax) this.#drop();
    else if (bufferedBytes > socketBufferedBytesPauseMax)
      this.#cancelPatience ??= this.#timers.after(slowReaderMsMax, () => this.#drop());
  };

  #drop(): void {
    if (this.#closed) return;
    this.#onSlow();
    this.#socket.end(CLOSE_SLOW_READER, "slow reader");
  }
}
