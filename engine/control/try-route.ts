/**
 * `POST /v1/try`: a rule over the past, told as server-sent events: `progress` while it goes on, then `report`, or `problem`
 * when the history goes away meanwhile. It ends with that; who leaves earlier ends the reading.
 */
import type { FastifyInstance } from "fastify";
import type { TryProgress, TryReport } from "../backtest/port.ts";
import { triedBodyBytesMax } from "../limits.ts";
import { createBodyReader } from "./question-reader.ts";
import { sendProblem } from "./login-routes.ts";
import { isRefusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import type { Trial } from "./rule-trial.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";
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
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const readRequest = createBodyReader(TryRequestSchema);
  server.post("/v1/try", { onRequest, bodyLimit: triedBodyBytesMax }, async (request, reply) => {
    const asked = readRequest(request.body);
    const found = isRefusal(asked) ? asked : await trial(asked);
    if (isRefusal(found)) return sendProblem(reply, found.refused, found.message);
    return streamAnswer(
      reply,
      (say, signal) => {
        const onProgress = (progress: TryProgress): void => say("progress", progress);
        return tryRule(found, { onProgress, signal });
      },
      onFault,
    );
  });
}
