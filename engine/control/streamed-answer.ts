/**
 * An answer that takes its time, told as server-sent events: whatever is said meanwhile, then `report`, or `problem` when
 * something goes away. It ends with that; who leaves earlier ends the work.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { HistoryUnavailable, StoreUnavailable, ThreadEnded } from "../model/errors.ts";
import { streamedAliveMs } from "../limits.ts";
import { isRefusal } from "./refusal.ts";

/** What a route of such answers is given: who may ask, and where a fault of the program goes. */
export interface StreamedRouteOptions {
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  readonly onFault: ((error: Error) => void) | undefined;
}

export type Say = (name: string, data: unknown) => void;

/** An operating error: who asks again may be answered. */
function isPassing(error: unknown): error is HistoryUnavailable | StoreUnavailable | ThreadEnded {
  return error instanceof HistoryUnavailable || error instanceof StoreUnavailable || error instanceof ThreadEnded;
}

export async function streamAnswer(
  reply: FastifyReply,
  work: (say: Say, signal: AbortSignal) => Promise<unknown>,
  onFault: ((error: Error) => void) | undefined,
): Promise<FastifyReply> {
  const { raw } = reply;
  const leaving = new AbortController();
  const say: Say = (name, data) => {
    if (!raw.destroyed) raw.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  reply.hijack();
  // Who hears nothing for long takes us to be gone: fetch does after five minutes.
  const alive = setInterval(() => {
    if (!raw.destroyed) raw.write(":\n\n");
  }, streamedAliveMs);
  raw.on("close", () => leaving.abort(new Error("the asker has left")));
  raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  try {
    const answered = await work(say, leaving.signal);
    if (isRefusal(answered)) say("problem", { code: answered.refused, message: answered.message });
    else say("report", answered);
  } catch (error) {
    if (isPassing(error)) say("problem", { code: error.code, message: error.message });
    else if (!leaving.signal.aborted) {
      onFault?.(error instanceof Error ? error : new Error(String(error)));
      say("problem", { code: "fault", message: "A fault of the program; its log says more." });
    }
  }
  clearInterval(alive);
  raw.end();
  return reply;
}
