/**
 * `POST /v1/try`: a rule over the past, told as server-sent events: `progress` while it goes on, then `report`, or `problem`
 * when the history goes away meanwhile. It ends with that; who leaves earlier ends the reading.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Compile, type Validator } from "typebox/compile";
import type { TryProgress, TryReport } from "../backtest/port.ts";
import { triedBodyBytesMax } from "../limits.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import { sendProblem } from "./login-routes.ts";
import { isRefusal, refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import type { Trial } from "./rule-trial.ts";
import { type TryRequest, TryRequestSchema } from "./try-port.ts";

export interface TryQuestions {
  trial(request: TryRequest): Promise<Trial | Refusal>;
  tryRule(
    trial: Trial,
    watching: { readonly onProgress: (progress: TryProgress) => void; readonly signal: AbortSignal },
  ): Promise<TryReport>;
}

export function addTryRoute(
  server: FastifyInstance,
  { trial, tryRule }: TryQuestions,
  with_: {
    readonly onRequest: (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => Promise<void>;
    readonly onFault: ((error: Error) => void) | undefined;
  },
): void {
  const { onRequest, onFault } = with_;
  server.post("/v1/try", { onRequest, bodyLimit: triedBodyBytesMax }, async (request, reply) => {
    const asked = readRequest(request.body);
    const found = isRefusal(asked) ? asked : await trial(asked);
    if (isRefusal(found)) return sendProblem(reply, found.refused, found.message);
    const { raw } = reply;
    const leaving = new AbortController();
    const say = (name: string, data: unknown): void => {
      if (!raw.destroyed) raw.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    reply.hijack();
    raw.on("close", () => leaving.abort(new Error("the asker has left")));
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
    try {
      const onProgress = (progress: TryProgress): void => say("progress", progress);
      say("report", await tryRule(found, { onProgress, signal: leaving.signal }));
    } catch (error) {
      if (error instanceof HistoryUnavailable) say("problem", { code: error.code, message: error.message });
      else if (!leaving.signal.aborted) {
        onFault?.(error instanceof Error ? error : new Error(String(error)));
        say("problem", { code: "fault", message: "A fault of the program; its log says more." });
      }
    }
    raw.end();
    return reply;
  });
}

/** Compiled when it is first wanted: an engine starts without it. */
let validator: Validator | undefined;

function readRequest(body: unknown): TryRequest | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(String(body));
  } catch {
    return refusal("malformed_json");
  }
  validator ??= Compile(TryRequestSchema);
  if (validator.Check(value)) return value as TryRequest;
  const [first] = validator.Errors(value);
  const where = first?.instancePath === "" ? "The request" : (first?.instancePath ?? "The request");
  return refusal("invalid_field", `${where} ${first?.message ?? "is not valid"}.`);
}
