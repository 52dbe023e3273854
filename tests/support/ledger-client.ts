/**
 * A load over raw WebSockets that keeps a ledger: several connections with several unanswered messages each, as a brand's
 * servers send. What is answered busy is sent again when its time has come; what is unanswered when a connection breaks is
 * sent again on the next one, to the next node of the list, under the same messageId. A few of those are given up on
 * purpose. It stops when told, and has then an answer for everything else.
 */
import WebSocket from "ws";
import { SeededRandom } from "../simulation/seeded-random.ts";
import { EventLedger, idOf, textOf } from "./event-ledger.ts";
import type { Message } from "./event-ledger.ts";
import { until } from "./waiting.ts";

const CONNECTIONS = 4;
const PIPELINE = 8;
const PUMP_MS = 10;
const RECONNECT_MS = 50;
/** Of the events that a broken connection leaves unanswered. */
const GIVEN_UP = 0.03;

export interface LedgerClientOptions {
  readonly name: string;
  /** Of the nodes; a connection that breaks goes to the next. */
  readonly urls: readonly string[];
  readonly seed: number;
  readonly eventsPerSecondMax?: number;
  readonly fillerBytes?: number;
}

export interface LedgerClient {
  readonly ledger: EventLedger;
  /** Answers `busy` so far. */
  busy(): number;
  /** How long nothing has been acknowledged, ms. */
  stillMs(): number;
  /** Resolves when so many more events have been acknowledged than at the call. */
  untilAcknowledged(more: number): Promise<void>;
  /** Sends nothing new; resolves when everything that was sent has its final answer. */
  settle(): Promise<void>;
  close(): void;
}

interface Reply {
  readonly messageId?: string;
  readonly ok?: boolean;
  readonly duplicate?: boolean;
  readonly problem?: { readonly code: string; readonly message: string };
  readonly retryAfterMs?: number;
}

/** An unanswered message. `heldUntilMs`: it was answered busy and waits for its time. */
interface Waiting {
  readonly message: Message;
  heldUntilMs: number;
  onWire: boolean;
}

export function startLedgerClient(options: LedgerClientOptions): LedgerClient {
  const random = new SeededRandom(options.seed);
  const { name, urls, eventsPerSecondMax = 2_000, fillerBytes = 0 } = options;
  const ledger = new EventLedger({ name, random, fillerBytes });
  const perPump = Math.max(1, Math.round((eventsPerSecondMax * PUMP_MS) / 1_000 / CONNECTIONS));
  let busy = 0;
  let acknowledgedAtMs = performance.now();
  let isSending = true;
  let isClosed = false;
  const connections = Array.from({ length: CONNECTIONS }, (_, index) => connect(index));

  function connect(index: number) {
    const waiting = new Map<string, Waiting>();
    let turn = index;
    let socket: WebSocket | undefined;
    let isOpen = false;
    open();
    const timer = setInterval(pump, PUMP_MS);

    function open(): void {
      if (isClosed) return;
      const opened = new WebSocket(urls[turn++ % urls.length] ?? "");
      socket = opened;
      opened.on("open", () => {
        isOpen = true;
        pump();
      });
      opened.on("message", (bytes) => take(JSON.parse(String(bytes)) as Reply));
      opened.on("error", () => opened.terminate());
      opened.on("close", broke);
    }

    function broke(): void {
      isOpen = false;
      for (const [id, entry] of waiting) {
        const { message } = entry;
        const sent = entry.onWire;
        entry.onWire = false;
        if (message.wants === "acceptance" && sent && random.chance(GIVEN_UP) && ledger.abandon(message.event))
          waiting.delete(id);
        // Whether a repetition or an unsound message had its answer matters to nobody: there are more.
        else if (message.wants !== "acceptance") waiting.delete(id);
      }
      setTimeout(open, RECONNECT_MS);
    }

    function pump(): void {
      if (!isOpen) return;
      const nowMs = performance.now();
      for (const entry of waiting.values())
        if (!entry.onWire && entry.heldUntilMs <= nowMs) {
          entry.onWire = true;
          socket?.send(textOf(entry.message));
        }
      for (let sent = 0; isSending && sent < perPump && waiting.size < PIPELINE; sent++) {
        const message = ledger.next();
        if (waiting.has(idOf(message))) continue;
        waiting.set(idOf(message), { message, heldUntilMs: 0, onWire: true });
        socket?.send(textOf(message));
      }
    }

    function take(reply: Reply): void {
      const entry = waiting.get(reply.messageId ?? "");
      if (entry === undefined) return void ledger.faults.push(`an answer to nothing asked: ${JSON.stringify(reply)}`);
      const code = reply.problem?.code ?? "";
      if (reply.ok !== true && (code === "busy" || code === "rate_limited")) {
        busy++;
        entry.onWire = false;
        entry.heldUntilMs = performance.now() + (reply.retryAfterMs ?? 0);
        return;
      }
      waiting.delete(idOf(entry.message));
      if (reply.ok === true && entry.message.wants === "acceptance") acknowledgedAtMs = performance.now();
      ledger.answered(entry.message, { ok: reply.ok === true, duplicate: reply.duplicate === true, code });
    }

    return {
      waiting,
      close() {
        clearInterval(timer);
        socket?.terminate();
      },
    };
  }

  return {
    ledger,
    busy: () => busy,
    stillMs: () => performance.now() - acknowledgedAtMs,
    async untilAcknowledged(more) {
      const wanted = ledger.acknowledged + more;
      await until(
        () => `${wanted} events are acknowledged; by now ${ledger.summary()}; ${busy} answers busy`,
        () => ledger.acknowledged >= wanted,
      );
    },
    async settle() {
      isSending = false;
      const unanswered = (): string[] => connections.flatMap(({ waiting }) => [...waiting.keys()]);
      await until(
        () => `everything is answered; not yet: ${unanswered().join(", ")}`,
        () => unanswered().length === 0,
      );
    },
    close() {
      isClosed = true;
      for (const connection of connections) connection.close();
    },
  };
}
