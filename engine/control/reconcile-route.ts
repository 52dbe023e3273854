/** `POST /v1/reconcile`: live and history compared now, told as it goes on. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { sendProblem } from "./login-routes.ts";
import type { ReconcileProgress, ReconcileReport } from "../reconcile/port.ts";
import { ReconcileQuerySchema } from "./nights-port.ts";
import { streamAnswer } from "./streamed-answer.ts";

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
  with_: {
    readonly onRequest: (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => Promise<void>;
    readonly onFault: ((error: Error) => void) | undefined;
  },
): void {
  const { onRequest, onFault } = with_;
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
