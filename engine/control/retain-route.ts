/** `POST /v1/retain`: what is too old to be kept goes, now. */
import type { FastifyInstance } from "fastify";
import { type RetainQuestions, RetainQuerySchema } from "./retain-port.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export function addRetainRoute(
  server: FastifyInstance,
  { retain }: RetainQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const schema = { querystring: RetainQuerySchema };
  server.post<{ Querystring: { dryRun?: boolean } }>("/v1/retain", { onRequest, schema }, (request, reply) =>
    streamAnswer(
      reply,
      (say, signal) =>
        retain({ dryRun: request.query.dryRun === true }, { onWaiting: () => say("waiting", {}), signal }),
      onFault,
    ),
  );
}
