/**
 * Paths that are only read. Whoever may GET one may ask for its HEAD (RFC 9110, 9.3.2): the same status and headers, the
 * length of the body that GET would bring, and no body. Monitors and proxies ask so.
 */
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";

export function addReadPath(
  app: TemplatedApp,
  path: string,
  answer: (response: HttpResponse, request: HttpRequest) => void,
): void {
  app.get(path, answer);
  app.head(path, answer);
}

/** Ends a response whose status and headers are written. */
export function endRead(response: HttpResponse, isHead: boolean, body: string | Uint8Array): void {
  if (!isHead) return void response.end(body);
  // The length is a header of ours: endWithoutBody with a length throws in this version of the library.
  response.writeHeader("content-length", String(Buffer.byteLength(body))).endWithoutBody();
}
