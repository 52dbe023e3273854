/**
 * The control plane: a small HTTP server for operators on a port of its own, so that nothing here competes with events.
 * Every path but its own description demands the bearer token, compared in constant time. It asks the engine through
 * `ControlQuestions` and knows no part of it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { fastify } from "fastify";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { controlBodyBytesMax, controlRetryAfterSeconds } from "../limits.ts";
import { HistoryUnavailable, PROBLEMS, SetupError, StoreUnavailable } from "../model/errors.ts";
import { describeControlPlane } from "./openapi.ts";
import { ROUTES } from "./routes.ts";
import type { ControlQuestions } from "./routes.ts";

export interface ControlPlaneOptions extends ControlQuestions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly token: string;
  /** Told of an answer that failed for a reason which is not the caller's: a fault of the program. */
  readonly onFault?: (error: Error) => void;
}

export interface ControlPlane {
  /** `http://host:port` */
  readonly url: string;
  readonly port: number;
  /** Open connections are closed. */
  close(): Promise<void>;
}

/** Rejects with SetupError when the port cannot be had. */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { host, port, token, onFault } = options;
  const server = fastify({
    bodyLimit: controlBodyBytesMax,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Answers are our own, and few: to compile a serializer of each shape took a third of the main thread's start.
    schemaController: { compilersFactory: { buildSerializer: () => () => (answer) => JSON.stringify(answer) } },
  });
  const expected = digestOf(token);
  const description = describeControlPlane();

  server.setErrorHandler((error: FastifyError, _request, reply) => refuseFor(error, reply, onFault));
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, "not_found"));
  server.get("/openapi.json", () => description);
  // A POST here carries nothing: a body, of whatever type, is read within its bound and ignored.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, _body, done) => done(null, undefined));
  for (const { method, path, answer, ask } of ROUTES) {
    server.route({
      method,
      url: path,
      schema: { response: { 200: answer } },
      onRequest: async (request, reply) => {
        if (isAllowed(request, expected)) return;
        reply.header("www-authenticate", "Bearer");
        sendProblem(reply, "bad_key");
      },
      handler: () => ask(options),
    });
  }

  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    const reason = (cause as NodeJS.ErrnoException).code ?? "error";
    throw new SetupError(
      `The control plane cannot listen on ${host}:${port} (${reason}).`,
      "End what listens there, or set VIF_CONTROL_PORT to another port (0: any free one).",
      { cause },
    );
  }
  const address = server.server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${bound}`, port: bound, close: () => server.close() };
}

function isAllowed(request: FastifyRequest, expected: Buffer): boolean {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return given !== undefined && timingSafeEqual(digestOf(given), expected);
}

/** Digests have one length, so that the comparison tells nothing of the token's. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function sendProblem(reply: FastifyReply, code: "bad_key" | "not_found" | "too_large"): void {
  const [status, message] = PROBLEMS[code];
  void reply.code(status).send({ code, message });
}

function refuseFor(error: FastifyError | Error, reply: FastifyReply, onFault: ControlPlaneOptions["onFault"]): void {
  if (error instanceof HistoryUnavailable || error instanceof StoreUnavailable) {
    const { code, message } = error;
    void reply.code(503).header("retry-after", controlRetryAfterSeconds).send({ code, message });
    return;
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status === 413) return sendProblem(reply, "too_large");
  if (status >= 400 && status < 500) {
    void reply.code(status).send({ code: "malformed_json", message: "The request cannot be read." });
    return;
  }
  onFault?.(error);
  void reply.code(500).send({ code: "fault", message: "A fault of the program; its log says more." });
}
