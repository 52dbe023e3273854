/**
 * The desk over a MessagePort: `serveDesk` in the delivery thread, `connectDesk` in a shard worker. What is said in one
 * stroke goes as one message; a port that closes tells the desk that the worker is gone. Nothing is checked again: both ends
 * are this program.
 */
import type { MessagePort } from "node:worker_threads";
import type { Channel } from "../model/message.ts";
import { type RetryBounds, USUAL_RETRIES } from "./back-off.ts";
import type { DeskClient } from "./channel-desk.ts";
import type { Desk } from "./desk.ts";
import type { FromDesk, ToDesk } from "./desk-port.ts";

/** By channel: how long its provider knows a message by its id, and how often and when one is tried again. */
export type Repetition = Readonly<
  Partial<Record<Channel, { readonly idempotentForMs: number; readonly retries: RetryBounds }>>
>;

type Served = { readonly repetition: Repetition } | { readonly said: readonly FromDesk[] };

export function serveDesk(desk: Desk, port: MessagePort, repetition: Repetition): void {
  const say = together<FromDesk>((said) => port.postMessage({ said } satisfies Served));
  const client: DeskClient = { send: say };
  port.on("message", (said: readonly ToDesk[]) => {
    for (const message of said) desk.receive(message, client);
  });
  port.on("close", () => desk.leave(client));
  port.postMessage({ repetition } satisfies Served);
}

export interface DeskLink {
  send(message: ToDesk): void;
  idempotentForMs(channel: Channel): number;
  retries(channel: Channel): RetryBounds;
  close(): void;
}

export function connectDesk(port: MessagePort, receive: (message: FromDesk) => void): DeskLink {
  let known: Repetition = {};
  port.on("message", (served: Served) => {
    if ("said" in served) for (const message of served.said) receive(message);
    else known = served.repetition;
  });
  return {
    send: together<ToDesk>((said) => port.postMessage(said)),
    // As long as nobody has said otherwise a provider knows nothing again.
    idempotentForMs: (channel) => known[channel]?.idempotentForMs ?? 0,
    retries: (channel) => known[channel]?.retries ?? USUAL_RETRIES,
    close: () => port.close(),
  };
}

/** What is said until the running task ends is said together. */
function together<Message>(post: (said: readonly Message[]) => void): (message: Message) => void {
  let waiting: Message[] = [];
  return (message) => {
    waiting.push(message);
    if (waiting.length > 1) return;
    queueMicrotask(() => {
      const said = waiting;
      waiting = [];
      post(said);
    });
  };
}
