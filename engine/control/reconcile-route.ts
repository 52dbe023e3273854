/** `POST /v1/reconcile`: live and history compared now, told as it goes on. */
import type { FastifyInstance } from "fastify";
import type { ReconcileProgress, ReconcileReport } from "../reconcile/port.ts";
import { ReconcileQuerySchema } from "./nights-port.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export interface ReconcileQuestions {
  reconcile(
    how: { readonly dryRun: boolean; readonly whole: boolean },
    watching: {
      readonly onProgress: (progress: ReconcileProgress) => void;
      readonly onWaiting: () => void;
      readonly signal: AbortSignal;
    },
  ): Promise<ReconcileReport>;
}

export function addReconcileRoute(
  server: FastifyInstance,
  { reconcile }: ReconcileQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const schema = { querystring: ReconcileQuerySchema };
  server.post<{ Querystring: { dryRun?: boolean; whole?: boolean } }>(
    "/v1/reconcile",
    { onRequest, schema },
    (request, reply) =>
      streamAnswer(
        reply,
        (say, signal) =>
          reconcile(
            { dryRun: request.query.dryRun === true, whole: request.query.whole === true },
            {
              onProgress: (progress) => say("progress", progress),
              onWaiting: () => say("waiting", {}),
              signal,
            },
          ),
        onFault,
      ),
  );
}
