/**
 * Sends receipts over the engine's socket and hears of each what became of it, whatever happens to socket and engine.
 *
 * Modes: `connecting` -> `open` -> (socket lost) `waiting` -> `connecting` ...; `closed` in the end. A receipt is queued,
 * then sent, then answered; what is sent and not answered when a socket is lost is sent again on the next one, in order:
 * the engine knows receipts by their ids, and answers a repetition as it answered at first.
 *
 * Receipts of one customer go one after the other, each once the one before is answered: a socket that breaks, or a shard
 * that is busy, can then not turn their order around. Receipts of different customers do not wait for each other.
 */
import {
  receiptBytesMax,
  receiptLinesMax,
  replayInFlightBytesMax,
  replayInFlightMax,
  storeRetryMsMax,
} from "../limits.ts";
import type { Timers } from "../model/clock.ts";

/** What became of a receipt. */
export type ReceiptOutcome =
  | { readonly is: "accepted" | "repeated"; readonly flags: readonly string[] }
  | { readonly is: "refused"; readonly reason: string };

export interface SentReceipt {
  readonly number: number;
  /** Empty: nobody's. */
  readonly customer: string;
  readonly frame: string;
  readonly lines: number;
}

/** One connection. Nothing comes after `onLost`. */
export interface ReceiptSocket {
  send(frame: string): void;
  close(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onFrame(text: string): void;
  /** `refusal`: the engine does not let us in, and will not; else it is away, or busy. */
  onLost(reason: string, refusal: boolean): void;
}

export interface SenderOptions {
  /** Finds the engine and connects; asked again after each loss, as an engine may come back elsewhere. */
  readonly connect: (events: SocketEvents) => ReceiptSocket;
  readonly timers: Timers;
  readonly onOutcome: (number: number, outcome: ReceiptOutcome) => void;
  /** Away: why; undefined: there again. */
  readonly onAway: (reason: string | undefined) => void;
}

export interface ReceiptSender {
  send(receipt: SentReceipt): void;
  /** Resolves when more may be sent, or nobody wants to; rejects with SenderRefused. */
  room(): Promise<void>;
  /** Nothing more will be sent: who waits for room, with an engine that may never come back, need not any longer. */
  stop(): void;
  /** Resolves when everything is answered; rejects with SenderRefused. */
  idle(): Promise<void>;
  close(): void;
}

/** The engine refuses us, not a receipt: a wrong key, or an engine that knows no receipts. */
export class SenderRefused extends Error {
  readonly code = "sender_refused";
  constructor(message: string) {
    super(message);
    this.name = "SenderRefused";
  }
}

export function createReceiptSender(options: SenderOptions): ReceiptSender {
  const { connect, timers, onOutcome, onAway } = options;
  /** All that are not answered, in order. */
  const unanswered = new Map<number, SentReceipt>();
  /** Of a customer: the receipt that may be sent, and those behind it. */
  const lanes = new Map<string, SentReceipt[]>();
  const onWire = new Set<number>();
  let bytes = 0;
  let socket: ReceiptSocket | undefined;
  let isOpen = false;
  let isAway = false;
  let stopped = false;
  let closed = false;
  let fatal: SenderRefused | undefined;
  let retryMs = firstRetryMs;
  let waiters: {
    readonly until: () => boolean;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  const hasRoom = (): boolean => unanswered.size < replayInFlightMax && bytes < replayInFlightBytesMax;

  function wake(): void {
    if (waiters.length === 0) return;
    const ready = waiters.filter(({ until }) => fatal !== undefined || until());
    waiters = waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve, reject } of ready) {
      if (fatal === undefined) resolve();
      else reject(fatal);
    }
  }

  function wait(until: () => boolean): Promise<void> {
    if (fatal !== undefined) return Promise.reject(fatal);
    if (until()) return Promise.resolve();
    return new Promise((resolve, reject) => void waiters.push({ until, resolve, reject }));
  }

  function fail(message: string): void {
    fatal = new SenderRefused(message);
    socket?.close();
    wake();
  }

  function put(receipt: SentReceipt): void {
    if (!isOpen) return;
    onWire.add(receipt.number);
    socket?.send(receipt.frame);
  }

  function settle(receipt: SentReceipt, outcome: ReceiptOutcome): void {
    unanswered.delete(receipt.number);
    onWire.delete(receipt.number);
    bytes -= receipt.frame.length;
    if (receipt.customer !== "") {
      const lane = lanes.get(receipt.customer) ?? [];
      lane.shift();
      if (lane[0] === undefined) lanes.delete(receipt.customer);
      else put(lane[0]);
    }
    onOutcome(receipt.number, outcome);
    wake();
  }

  function hear(text: string): void {
    const reply = JSON.parse(text) as Reply;
    const receipt = unanswered.get(Number(reply.requestId ?? Number.NaN));
    if (receipt === undefined || !onWire.has(receipt.number)) {
      // Of a refusal that names no receipt nobody knows which it is about.
      if (reply.ok === false && reply.requestId === undefined)
        fail(`The engine refuses: ${reply.problem?.message ?? text}`);
      return;
    }
    if (reply.ok)
      return settle(receipt, { is: reply.is === "repeated" ? "repeated" : "accepted", flags: reply.flags ?? [] });
    if (reply.problem?.code !== "busy") {
      const { code, field, message } = reply.problem ?? {};
      return settle(receipt, {
        is: "refused",
        reason: [code, field, message].filter((part) => part != null).join(" "),
      });
    }
    onWire.delete(receipt.number);
    timers.after(reply.retryAfterMs ?? storeRetryMsMax, () => {
      if (unanswered.has(receipt.number) && !onWire.has(receipt.number)) put(receipt);
    });
  }

  function open(): void {
    if (closed) return;
    const mine: { socket: ReceiptSocket | undefined } = { socket: undefined };
    mine.socket = connect({
      onOpen() {
        isOpen = true;
        retryMs = firstRetryMs;
        if (isAway) onAway(undefined);
        isAway = false;
        for (const receipt of unanswered.values())
          if (receipt.customer === "" || lanes.get(receipt.customer)?.[0] === receipt) put(receipt);
      },
      onFrame: hear,
      onLost(reason, refusal) {
        isOpen = false;
        onWire.clear();
        if (closed || fatal !== undefined) return;
        if (refusal) return fail(reason);
        isAway = true;
        onAway(reason);
        timers.after(retryMs, open);
        retryMs = Math.min(retryMs * 2, storeRetryMsMax);
      },
    });
    socket = mine.socket;
  }
  open();

  return {
    send(receipt) {
      const tooLarge = sizeProblem(receipt);
      if (tooLarge !== undefined) return onOutcome(receipt.number, { is: "refused", reason: tooLarge });
      unanswered.set(receipt.number, receipt);
      bytes += receipt.frame.length;
      if (receipt.customer === "") return put(receipt);
      const lane = lanes.get(receipt.customer);
      if (lane !== undefined) return void lane.push(receipt);
      lanes.set(receipt.customer, [receipt]);
      put(receipt);
    },
    room: () => wait(() => stopped || hasRoom()),
    stop() {
      stopped = true;
      wake();
    },
    idle: () => wait(() => unanswered.size === 0),
    close() {
      closed = true;
      socket?.close();
    },
  };
}

const firstRetryMs = 50;

/** What is read of a reply; its whole form is in the gateway's schemas. */
interface Reply {
  readonly ok: boolean;
  readonly requestId?: string;
  readonly is?: string;
  readonly flags?: readonly string[];
  readonly problem?: { readonly code?: string; readonly field?: string | null; readonly message?: string };
  readonly retryAfterMs?: number;
}

/** The engine could not even say whose frame it refuses. */
function sizeProblem({ frame, lines }: SentReceipt): string | undefined {
  if (lines > receiptLinesMax) return `the receipt has ${lines} lines, and at most ${receiptLinesMax} are allowed`;
  if (frame.length > receiptBytesMax / 4 && Buffer.byteLength(frame) > receiptBytesMax)
    return `the receipt is longer than ${receiptBytesMax} bytes`;
  return undefined;
}
