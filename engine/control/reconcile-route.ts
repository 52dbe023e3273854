/** `POST /v1/reconcile`, `POST /v1/night`: live and history compared now, and all that a night does, told as it goes on. */
import type { FastifyInstance } from "fastify";
import type { NightStep, ReconcileProgress, ReconcileReport } from "../reconcile/port.ts";
import { sendProblem } from "./login-routes.ts";
import { NightQuerySchema, type NightStepBegun, ReconcileQuerySchema } from "./nights-port.ts";
import { createQueryReader } from "./question-reader.ts";
import { isRefusal } from "./refusal.ts";
import { type Say, streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

interface Watching {
  readonly onProgress: (progress: ReconcileProgress) => void;
  readonly onWaiting: () => void;
  readonly signal: AbortSignal;
}

export interface ReconcileQuestions {
  reconcile(how: { readonly dryRun: boolean; readonly whole: boolean }, watching: Watching): Promise<ReconcileReport>;
  /** The comparison, and all that a night does behind it. */
  doAll(
    how: { readonly whole: boolean },
    watching: Watching & { readonly onStep: (begun: NightStep["step"]) => void },
  ): Promise<ReconcileReport>;
}

function watchingOf(say: Say, signal: AbortSignal): Watching {
  return {
    onProgress: (progress) => say("progress", progress),
    onWaiting: () => say("waiting", {}),
    signal,
  };
}

export function addReconcileRoutes(
  server: FastifyInstance,
  { reconcile, doAll }: ReconcileQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const readQuery = createQueryReader(ReconcileQuerySchema);
  server.post("/v1/reconcile", { onRequest }, (request, reply) => {
    const asked = readQuery(request.query);
    if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
    const { dryRun = false, whole = false } = asked;
    return streamAnswer(reply, (say, signal) => reconcile({ dryRun, whole }, watchingOf(say, signal)), onFault);
  });

  const readNight = createQueryReader(NightQuerySchema);
  server.post("/v1/night", { onRequest }, (request, reply) => {
    const asked = readNight(request.query);
    if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
    const { whole = false } = asked;
    return streamAnswer(
      reply,
      (say, signal) =>
        doAll(
          { whole },
          { ...watchingOf(say, signal), onStep: (step) => say("step", { step } satisfies NightStepBegun) },
        ),
      onFault,
    );
  });
}
