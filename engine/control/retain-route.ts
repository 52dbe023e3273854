/** `POST /v1/retain`: what is too old to be kept goes, now. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { sendProblem } from "./login-routes.ts";
import { type RetainQuestions, RetainQuerySchema } from "./retain-port.ts";
import { streamAnswer } from "./streamed-answer.ts";

export function addRetainRoute(
  server: FastifyInstance,
  { retain }: RetainQuestions,
  with_: {
    readonly onRequest: (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => Promise<void>;
    readonly onFault: ((error: Error) => void) | undefined;
  },
): void {
  const { onRequest, onFault } = with_;
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
