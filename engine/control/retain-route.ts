/** `POST /v1/retain`: what is too old to be kept goes, now. */
import type { FastifyInstance } from "fastify";
import { sendProblem } from "./login-routes.ts";
import { createQueryReader } from "./question-reader.ts";
import { isRefusal } from "./refusal.ts";
import { type RetainQuestions, RetainQuerySchema } from "./retain-port.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export function addRetainRoute(
  server: FastifyInstance,
  { retain }: RetainQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const readQuery = createQueryReader(RetainQuerySchema);
  server.post("/v1/retain", { onRequest }, (request, reply) => {
    const asked = readQuery(request.query);
    if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
    const { dryRun = false } = asked;
    return streamAnswer(
      reply,
      (say, signal) => retain({ dryRun }, { onWaiting: () => say("waiting", {}), signal }),
      onFault,
    );
  });
}
