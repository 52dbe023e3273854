/**
 * A client's end of its port to the committer: numbers the asks and settles each when its answer comes. An ask fails with
 * `StoreUnavailable` when its transaction failed or when the committer is gone; the very same ask may then be repeated.
 */
import type { MessagePort, Transferable } from "node:worker_threads";
import { StoreUnavailable } from "../../model/errors.ts";
import type { Answers, AnswerTo, Ask, Call, Reply } from "./client-messages.ts";
import { writeFailureText } from "./folder-fitness.ts";

export interface CommitterLink {
  /** @param transfer buffers of the ask that are given away */
  send<A extends Ask>(ask: A, transfer?: readonly Transferable[]): Promise<AnswerTo<A>>;
  /** Waits for what is unanswered, then lets the port go. */
  close(): Promise<void>;
}

interface Unanswered {
  resolve(answer: Answers[keyof Answers]): void;
  reject(cause: StoreUnavailable): void;
}

export function createCommitterLink(port: MessagePort, folder: string): CommitterLink {
  const unanswered = new Map<number, Unanswered>();
  let lastCall = 0;
  let state: "open" | "closing" | "closed" = "open";
  let onIdle: (() => void) | undefined;

  port.on("message", (replies: readonly Reply[]) => {
    for (const reply of replies) {
      const waiting = unanswered.get(reply.call);
      unanswered.delete(reply.call);
      if ("failed" in reply) waiting?.reject(new StoreUnavailable(writeFailureText(folder, reply.failed)));
      else waiting?.resolve(reply.answer);
    }
    if (unanswered.size === 0) becomeIdle();
  });
  port.on("close", () => {
    state = "closed";
    for (const { reject } of unanswered.values()) reject(gone());
    unanswered.clear();
    becomeIdle();
  });
  // The port keeps the process alive only while an answer is awaited.
  port.unref();

  function becomeIdle(): void {
    port.unref();
    onIdle?.();
  }

  function gone(): StoreUnavailable {
    return new StoreUnavailable(`The hot store in ${folder} is closed.`);
  }

  return {
    send<A extends Ask>(ask: A, transfer: readonly Transferable[] = []): Promise<AnswerTo<A>> {
      if (state !== "open") return Promise.reject(gone());
      return new Promise<AnswerTo<A>>((resolve, reject) => {
        const call = ++lastCall;
        // A call is answered by the answer to its ask; the port carries no types.
        unanswered.set(call, { resolve: resolve as Unanswered["resolve"], reject });
        if (unanswered.size === 1) port.ref();
        port.postMessage({ call, ask } satisfies Call, transfer);
      });
    },
    async close() {
      if (state !== "open") return;
      state = "closing";
      if (unanswered.size > 0) await new Promise<void>((resolve) => (onIdle = resolve));
      port.close();
    },
  };
}
