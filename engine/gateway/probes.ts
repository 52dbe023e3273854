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
}

export function addProbes(app: TemplatedApp, { metrics, ready }: ProbeOptions): void {
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
    new HttpExchange(response, request, { heldBytes: 0 }).refuse(problemOf("not_found"), {
      closes: request.getMethod() !== "get",
    });
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
