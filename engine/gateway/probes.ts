/**
 * What operators and their programs ask a gateway: whether it lives, whether it takes events, its metrics, and how to talk
 * to it. Nothing here names a customer, so no key is asked for.
 */
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { asyncApiDocument } from "./asyncapi.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import { addReadPath, endRead } from "./read-path.ts";
import { problemOf } from "./replies.ts";
import { statusText } from "./status-text.ts";

export interface ProbeOptions {
  readonly metrics: GatewayMetrics;
  readonly ready: () => boolean;
  /** How a path is asked; undefined: there is no such path. */
  readonly allowOf: (url: string) => string | undefined;
}

export function addProbes(app: TemplatedApp, { metrics, ready, allowOf }: ProbeOptions): void {
  const documents = { "/openapi.json": openApiDocument(), "/asyncapi.json": asyncApiDocument() };
  for (const [path, document] of Object.entries(documents)) {
    const text = JSON.stringify(document);
    addReadPath(app, path, (response, request) => send(response, request, { status: 200, text }));
  }
  addReadPath(app, "/healthz", (response, request) => send(response, request, ALIVE));
  addReadPath(app, "/readyz", (response, request) => send(response, request, ready() ? READY : NOT_READY));
  addReadPath(app, "/metrics", (response, request) => {
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    metrics.render().then(
      ({ contentType, text }) => exchange.send(200, text, { type: contentType }),
      () => exchange.send(500, ""),
    );
  });
  app.any("/*", (response, request) => {
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    const closes = request.getMethod() !== "get";
    const allow = allowOf(request.getUrl());
    if (allow === undefined) return exchange.refuse(problemOf("not_found"), { closes });
    const problem = problemOf("method_not_allowed", undefined, `This path takes ${allow}.`);
    exchange.refuse(problem, { closes, headers: { allow } });
  });
}

interface ProbeAnswer {
  readonly status: number;
  readonly text: string;
}

const ALIVE: ProbeAnswer = { status: 200, text: '{"status":"alive"}' };
const READY: ProbeAnswer = { status: 200, text: '{"status":"ready"}' };
const NOT_READY: ProbeAnswer = { status: 503, text: '{"status":"not ready"}' };

function send(response: HttpResponse, request: HttpRequest, { status, text }: ProbeAnswer): void {
  response.writeStatus(statusText(status)).writeHeader("content-type", "application/json");
  endRead(response, request.getMethod() === "head", text);
}
