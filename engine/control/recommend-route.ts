/**
 * `POST /v1/recommend`: trains, judges or writes lists, told as server-sent events: `progress`, then `answer`, or `problem`.
 * `POST /v1/products`: a file of products, as it is; answered with what was taken and what was rejected, by line. What they
 * do is the recommend room's.
 */
import type { FastifyInstance } from "fastify";
import { productFileBytesMax } from "../limits-of-recommending.ts";
import type { Json, JsonObject } from "../model/event.ts";
import type { ImportReport, JobEnd, JobProgress, RecommendJob } from "../recommend/port.ts";
import { sendProblem } from "./login-routes.ts";
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
  server.post("/v1/products", { onRequest, bodyLimit: productFileBytesMax }, (request) =>
    importFile(typeof request.body === "string" ? request.body : ""),
  );
  server.post("/v1/recommend", { onRequest }, async (request, reply) => {
    const job = readJob(request.body);
    if (job === undefined) return sendProblem(reply, "invalid_field", "The body is no job: train, evaluate or all.");
    const { raw } = reply;
    const leaving = new AbortController();
    const say = (name: string, data: unknown): void => {
      if (!raw.destroyed) raw.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    reply.hijack();
    raw.on("close", () => leaving.abort(new Error("the asker has left")));
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
    try {
      const end = await run(job, (progress) => say("progress", progress), leaving.signal);
      if (end.is === "answer") say("answer", end.answer);
      else
        say("problem", { message: end.is === "busy" ? "Another job of recommendations is under way." : end.message });
    } catch (error) {
      if (!leaving.signal.aborted) {
        onFault?.(error instanceof Error ? error : new Error(String(error)));
        say("problem", { message: "A fault of the program; its log says more." });
      }
    }
    raw.end();
    return reply;
  });
}

function readJob(body: unknown): RecommendJob | undefined {
  let json: Json;
  try {
    json = JSON.parse(String(body)) as Json;
  } catch {
    return undefined;
  }
  const { job, top, out, format } = (typeof json === "object" && json !== null ? json : {}) as JsonObject;
  if (job === "train") return { job };
  if (typeof top !== "number" || !Number.isInteger(top) || top < 1 || top > 1_000) return undefined;
  if (job === "evaluate") return { job, top };
  if (job !== "all" || typeof out !== "string" || out === "") return undefined;
  return format === "csv" || format === "ndjson" || format === "parquet" ? { job, top, out, format } : undefined;
}
