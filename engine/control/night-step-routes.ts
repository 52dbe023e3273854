/** `POST /v1/retain` and `POST /v1/rfm`: a step of the night, now. */
import type { FastifyInstance } from "fastify";
import { type NightStep, NightStepQuerySchema, type NightStepQuestions } from "./night-steps-port.ts";
import { sendProblem } from "./login-routes.ts";
import { createQueryReader } from "./question-reader.ts";
import { isRefusal } from "./refusal.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export function addNightStepRoutes(
  server: FastifyInstance,
  { retain, score }: NightStepQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const readQuery = createQueryReader(NightStepQuerySchema);
  const add = (path: string, step: NightStep<unknown>): void =>
    void server.post(path, { onRequest }, (request, reply) => {
      const asked = readQuery(request.query);
      if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
      const { dryRun = false } = asked;
      return streamAnswer(
        reply,
        (say, signal) => step({ dryRun }, { onWaiting: () => say("waiting", {}), signal }),
        onFault,
      );
    });
  add("/v1/retain", retain);
  add("/v1/rfm", score);
}
