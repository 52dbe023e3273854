/**
 * The desk over a MessagePort: `serveDesk` in the delivery thread, `connectDesk` in a shard worker. What is said in one
 * stroke goes as one message; a port that closes tells the desk that the worker is gone. Nothing is checked again: both ends
 * are this program.
 */
import type { MessagePort } from "node:worker_threads";
import type { Channel } from "../model/message.ts";
import type { DeskClient } from "./channel-desk.ts";
import type { Desk } from "./desk.ts";
import type { FromDesk, ToDesk } from "./desk-port.ts";

/** By channel: how long its provider knows a message by its id. */
export type Idempotency = Readonly<Partial<Record<Channel, number>>>;

type Served = { readonly idempotentForMs: Idempotency } | { readonly said: readonly FromDesk[] };

export function serveDesk(desk: Desk, port: MessagePort, idempotentForMs: Idempotency): void {
  const say = together<FromDesk>((said) => port.postMessage({ said } satisfies Served));
  const client: DeskClient = { send: say };
  port.on("message", (said: readonly ToDesk[]) => {
    for (const message of said) desk.receive(message, client);
  });
  port.on("close", () => desk.leave(client));
  port.postMessage({ idempotentForMs } satisfies Served);
}

export interface DeskLink {
  send(message: ToDesk): void;
  idempotentForMs(channel: Channel): number;
  close(): void;
}

export function connectDesk(port: MessagePort, receive: (message: FromDesk) => void): DeskLink {
  let known: Idempotency = {};
  port.on("message", (served: Served) => {
    if ("said" in served) for (const message of served.said) receive(message);
    else known = served.idempotentForMs;
  });
  return {
    send: together<ToDesk>((said) => port.postMessage(said)),
    // As long as nobody has said otherwise a provider knows nothing again.
    idempotentForMs: (channel) => known[channel] ?? 0,
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
