/** The main thread's end of the delivery thread: starts it and hands out ports to its desk. */
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { MessageTemplates } from "../language/port.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { DeliverySettings, FromDelivery, ToDelivery } from "./delivery-messages.ts";
import type { ChannelStatus } from "./desk-port.ts";

export interface DeliveryThread {
  /** One end of a channel for `connectDesk` in a worker; to be transferred. */
  openPort(): MessagePort;
  /** From here on messages are put into words by these. */
  useTemplates(templates: MessageTemplates): void;
  /** As it was at most a second ago. */
  status(): readonly ChannelStatus[];
  close(): Promise<void>;
}

/** @param onFailure told once when nothing will be delivered from now on: the program has a fault */
export function startDeliveryThread(settings: DeliverySettings, onFailure: (cause: Error) => void): DeliveryThread {
  const worker = new Worker(threadEntry(import.meta.url, "./deliver-main"), {
    workerData: settings,
    name: "vif-delivery",
  });
  let status: readonly ChannelStatus[] = [];
  let closing = false;
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("error", (cause) => {
    if (!closing) onFailure(cause instanceof Error ? cause : new Error(String(cause)));
    closing = true;
  });
  worker.on("message", ({ channels }: FromDelivery) => {
    status = channels;
  });
  const say = (message: ToDelivery, transferred: readonly MessagePort[] = []) =>
    worker.postMessage(message, [...transferred]);
  return {
    openPort() {
      const { port1, port2 } = new MessageChannel();
      say({ is: "connect", port: port2 }, [port2]);
      return port1;
    },
    useTemplates: (templates) => say({ is: "templates", templates }),
    status: () => status,
    async close() {
      closing = true;
      say({ is: "close" });
      await exited;
    },
  };
}
