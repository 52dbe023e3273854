/** `POST /v1/reconcile`: live and history compared now, told as it goes on. */
import type { FastifyInstance } from "fastify";
import type { ReconcileProgress, ReconcileReport } from "../reconcile/port.ts";
import { sendProblem } from "./login-routes.ts";
import { ReconcileQuerySchema } from "./nights-port.ts";
import { createQueryReader } from "./question-reader.ts";
import { isRefusal } from "./refusal.ts";
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
  const readQuery = createQueryReader(ReconcileQuerySchema);
  server.post("/v1/reconcile", { onRequest }, (request, reply) => {
    const asked = readQuery(request.query);
    if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
    const { dryRun = false, whole = false } = asked;
    return streamAnswer(
      reply,
      (say, signal) =>
        reconcile(
          { dryRun, whole },
          {
            onProgress: (progress) => say("progress", progress),
            onWaiting: () => say("waiting", {}),
            signal,
          },
        ),
      onFault,
    );
  });
}
