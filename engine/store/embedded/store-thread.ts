/**
 * Life of the embedded store's two threads, both ends: the main thread starts one and waits for `ready`, hands it the
 * ports of clients, stops it; the thread opens what it serves, says what is unfit in a way that can be told to people, and
 * on stopping does what is queued before it lets go.
 */
import { parentPort, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { SetupError } from "../../model/errors.ts";
import { setupErrorOf } from "./folder-fitness.ts";

type ThreadStart<Ready> =
  | { readonly is: "ready"; readonly ready: Ready }
  | { readonly is: "unfit"; readonly message: string; readonly remedy: string };

type ThreadCommand = { readonly is: "connect"; readonly port: MessagePort } | { readonly is: "stop" };

export interface StoreThread<Ready> {
  readonly ready: Ready;
  /** Hands the thread a client's port. */
  connect(port: MessagePort): void;
  /** Does what is queued, then ends the thread. */
  stop(): Promise<void>;
}

export interface ThreadStartOptions {
  readonly entry: URL;
  readonly settings: object;
  /** Ports within `settings`. */
  readonly transfer?: readonly MessagePort[];
  /** Told when the thread ends by itself: a fault of the program, or LMDB has become unusable. */
  readonly onFailure: (cause: Error) => void;
}

/** @throws SetupError what the thread found unfit */
export async function startStoreThread<Ready>(options: ThreadStartOptions): Promise<StoreThread<Ready>> {
  const worker = new Worker(options.entry, {
    workerData: options.settings,
    transferList: [...(options.transfer ?? [])],
  });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const start = await new Promise<ThreadStart<Ready>>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  if (start.is === "unfit") {
    await exited;
    throw new SetupError(start.message, start.remedy);
  }
  worker.removeAllListeners("error");
  worker.on("error", options.onFailure);
  worker.unref();
  return {
    ready: start.ready,
    connect: (port) => worker.postMessage({ is: "connect", port } satisfies ThreadCommand, [port]),
    async stop() {
      worker.ref();
      worker.postMessage({ is: "stop" } satisfies ThreadCommand);
      await exited;
    },
  };
}

export interface Served<Ready> {
  readonly ready: Ready;
  serve(port: MessagePort): void;
  /** Does what is queued and lets everything go. */
  close(): Promise<void>;
}

/** Runs in the thread. @param folder named when `open` fails */
export function serveThread<Ready>(folder: string, open: () => Served<Ready>): void {
  const main = parentPort;
  if (main === null) throw new Error("this is the entry of a worker thread");
  let served: Served<Ready>;
  try {
    served = open();
  } catch (cause) {
    const { message, remedy } = cause instanceof SetupError ? cause : setupErrorOf(folder, cause);
    main.postMessage({ is: "unfit", message, remedy } satisfies ThreadStart<Ready>);
    main.close();
    return;
  }
  const clients = new Set<MessagePort>();
  main.on("message", (command: ThreadCommand) => {
    if (command.is === "connect") {
      const { port } = command;
      clients.add(port);
      port.on("close", () => clients.delete(port));
      served.serve(port);
    } else {
      void served.close().then(() => {
        for (const port of clients) port.close();
        main.close();
      });
    }
  });
  main.postMessage({ is: "ready", ready: served.ready } satisfies ThreadStart<Ready>);
}
