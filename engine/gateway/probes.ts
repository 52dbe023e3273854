/**
 * What operators and their programs ask a gateway: whether it lives, whether it takes events, its metrics, and how to talk
 * to it. Nothing here names a customer, so no key is asked for.
 */
import type { HttpResponse, TemplatedApp } from "uWebSockets.js";
import { asyncApiDocument } from "./asyncapi.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
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
    app.get(path, (response) => send(response, 200, text));
  }
  app.get("/healthz", (response) => send(response, 200, '{"status":"alive"}'));
  app.get("/readyz", (response) =>
    ready() ? send(response, 200, '{"status":"ready"}') : send(response, 503, '{"status":"not ready"}'),
  );
  app.get("/metrics", (response, request) => {
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

function send(response: HttpResponse, status: number, text: string): void {
  response.writeStatus(statusText(status)).writeHeader("content-type", "application/json").end(text);
}
