/**
 * `POST /v1/recommend`: trains, judges or writes lists, told as it goes on. `POST /v1/products`: a file of products, as it
 * is; answered with what was taken and what was rejected, by line. What they do is the recommend room's.
 */
import type { FastifyInstance } from "fastify";
import { productFileBytesMax } from "../limits-of-recommending.ts";
import type { ImportReport, JobEnd, JobProgress, RecommendJob } from "../recommend/port.ts";
import { sendProblem } from "./login-routes.ts";
import { createBodyReader } from "./question-reader.ts";
import { JobRequestSchema, jobOf } from "./recommend-port.ts";
import { isRefusal, refusal } from "./refusal.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export interface RecommendQuestions {
  run(job: RecommendJob, onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<JobEnd>;
  /** Rejects with StoreUnavailable. */
  importFile(text: string): Promise<ImportReport>;
}

export function addRecommendRoutes(
  server: FastifyInstance,
  { run, importFile }: RecommendQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const readRequest = createBodyReader(JobRequestSchema);
  server.post("/v1/products", { onRequest, bodyLimit: productFileBytesMax }, (request) =>
    importFile(typeof request.body === "string" ? request.body : ""),
  );
  server.post("/v1/recommend", { onRequest }, (request, reply) => {
    const asked = readRequest(request.body);
    const job = isRefusal(asked) ? asked : jobOf(asked);
    if (isRefusal(job)) return sendProblem(reply, job.refused, job.message);
    return streamAnswer(
      reply,
      async (say, signal) => {
        const end = await run(job, (progress) => say("progress", progress), signal);
        if (end.is === "answer") return end.answer;
        return end.is === "busy"
          ? refusal("busy", "Another job of recommendations is under way.")
          : refusal("not_done", end.message);
      },
      onFault,
    );
  });
}
