/**
 * Calls between threads of the embedded store over MessagePorts: numbered asks one way, answers the other, those of one
 * commit in one message. Nothing is checked again at the receiving end: both ends are this program. The kinds of asks are
 * in journal-asks.ts and state-asks.ts.
 */
import type { MessagePort, Transferable } from "node:worker_threads";
import { StoreUnavailable } from "../../model/errors.ts";

/** What can be asked of a thread: name of the ask -> its question and its answer. */
export type Asks = Readonly<Record<string, { readonly ask: object; readonly answer: unknown }>>;

export type NameOf<A extends Asks> = keyof A & string;
/** An ask with its name, of which a `switch` is made. */
export type AskOf<A extends Asks> = { [N in NameOf<A>]: { readonly name: N } & A[N]["ask"] }[NameOf<A>];
export type AnswerOf<A extends Asks> = A[NameOf<A>]["answer"];

interface Call<A extends Asks> {
  /** The caller's own number. */
  readonly call: number;
  readonly ask: AskOf<A>;
}

type Reply<A extends Asks> =
  | { readonly call: number; readonly answer: AnswerOf<A> }
  /** Why nothing of it was done. */
  | { readonly call: number; readonly failed: string };

/** One call to be answered once. */
export interface Asked<A extends Asks> {
  readonly ask: AskOf<A>;
  readonly from: Caller<A>;
  readonly call: number;
}

/** A client as the serving thread sees it; replies wait until `flush`. */
export interface Caller<A extends Asks> {
  answer(call: number, answer: AnswerOf<A>): void;
  fail(call: number, failed: string): void;
  flush(): void;
}

/** Serves the calls that come by `port`. */
export function serveCalls<A extends Asks>(port: MessagePort, accept: (asked: Asked<A>) => void): void {
  let replies: Reply<A>[] = [];
  const from: Caller<A> = {
    answer: (call, answer) => void replies.push({ call, answer }),
    fail: (call, failed) => void replies.push({ call, failed }),
    flush() {
      if (replies.length > 0) port.postMessage(replies);
      replies = [];
    },
  };
  port.on("message", ({ call, ask }: Call<A>) => accept({ ask, from, call }));
}

export interface ThreadLink<A extends Asks> {
  /**
   * Rejects with `StoreUnavailable` when the thread could not do it or is gone.
   * @param transfer buffers of the ask that are given away
   */
  send<N extends NameOf<A>>(name: N, ask: A[N]["ask"], transfer?: readonly Transferable[]): Promise<A[N]["answer"]>;
  /** Waits for what is unanswered, then lets the port go. */
  close(): Promise<void>;
}

interface Unanswered {
  resolve(answer: unknown): void;
  reject(cause: StoreUnavailable): void;
}

/** @param whose names the store in errors: its folder */
export function createThreadLink<A extends Asks>(port: MessagePort, whose: string): ThreadLink<A> {
  const unanswered = new Map<number, Unanswered>();
  let lastCall = 0;
  let state: "open" | "closing" | "closed" = "open";
  let onIdle: (() => void) | undefined;

  port.on("message", (replies: readonly Reply<A>[]) => {
    for (const reply of replies) {
      const waiting = unanswered.get(reply.call);
      unanswered.delete(reply.call);
      if ("failed" in reply) waiting?.reject(new StoreUnavailable(reply.failed));
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
    return new StoreUnavailable(`The hot store in ${whose} is closed.`);
  }

  return {
    send(name, ask, transfer = []) {
      if (state !== "open") return Promise.reject(gone());
      return new Promise((resolve, reject) => {
        const call = ++lastCall;
        unanswered.set(call, { resolve, reject });
        if (unanswered.size === 1) port.ref();
        port.postMessage({ call, ask: { name, ...ask } }, transfer);
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
