/**
 * The control plane: a small HTTP server for operators on a port of its own, so that nothing here competes with events.
 * Its API demands the bearer token, compared in constant time, or a page that has logged in; its own description and the
 * page's files are for everybody. It asks the engine through `ControlQuestions` and knows no part of it.
 */
import { fastify } from "fastify";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { controlBodyBytesMax, controlRetryAfterSeconds } from "../limits.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import { addLiveRoute } from "./live-route.ts";
import type { Live } from "./live.ts";
import { addLogin, isAllowed, sendProblem } from "./login-routes.ts";
import { describeControlPlane } from "./openapi.ts";
import { missingPage, PAGE_HEADERS, readPageFiles } from "./page-files.ts";
import { addBackupRoute } from "./backup-route.ts";
import type { BackupQuestions } from "./backup-port.ts";
import { addNightStepRoutes } from "./night-step-routes.ts";
import type { NightStepQuestions } from "./night-steps-port.ts";
import { addReconcileRoutes } from "./reconcile-route.ts";
import type { ReconcileQuestions } from "./reconcile-route.ts";
import { createQueryReader } from "./question-reader.ts";
import { isRefusal } from "./refusal.ts";
import { ROUTES } from "./routes.ts";
import type { ControlQuestions } from "./routes.ts";
import { addRulesRoutes } from "./rules-route.ts";
import type { RulesQuestions } from "./rules-route.ts";
import { createSessions } from "./sessions.ts";
import { addRecommendRoutes } from "./recommend-route.ts";
import type { RecommendQuestions } from "./recommend-route.ts";
import { addTryRoute } from "./try-route.ts";
import type { TryQuestions } from "./try-route.ts";

export interface ControlPlaneOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly token: string;
  readonly questions: ControlQuestions;
  readonly live: Live;
  readonly past: TryQuestions;
  readonly recommend: RecommendQuestions;
  readonly rules: RulesQuestions;
  readonly night: ReconcileQuestions & BackupQuestions & NightStepQuestions;
  /** Where the page's files lie. */
  readonly pageFolder: string;
  /** What editors are told of each kind of rule file. */
  readonly ruleSchemas: readonly { readonly name: string; readonly schema: object }[];
  /** A new, unguessable text. */
  readonly makeId: () => string;
  readonly now: () => number;
  /** Told of an answer that failed for a reason which is not the caller's: a fault of the program. */
  readonly onFault?: (error: Error) => void;
}

export interface ControlPlane {
  /** `http://host:port` */
  readonly url: string;
  readonly port: number;
  /** An address that logs one page in, once. What logs it in stands behind the `#`, which browsers send nowhere. */
  createLink(): string;
  /** Open connections are closed. */
  close(): Promise<void>;
}

/** What is for anybody to read: monitors and proxies ask for the HEAD of it. */
const READ = ["GET", "HEAD"];

/** Rejects with SetupError when the port cannot be had. */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { host, port, onFault, questions, live, past } = options;
  const server = fastify({
    bodyLimit: controlBodyBytesMax,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Answers are our own, and few: to compile a serializer of each shape took a third of the main thread's start.
    schemaController: { compilersFactory: { buildSerializer: () => () => (answer) => JSON.stringify(answer) } },
  });
  const sessions = createSessions(options);
  const description = describeControlPlane();
  let url = "";
  const createLink = (): string => `${url}/#ticket=${sessions.createTicket()}`;

  server.setErrorHandler((error: FastifyError, _request, reply) => refuseFor(error, reply, onFault));
  const methods = new Map<string, string[]>();
  server.addHook("onRoute", ({ url: path, method }) => {
    methods.set(path, [...(methods.get(path) ?? []), ...(typeof method === "string" ? [method] : method)]);
  });
  server.setNotFoundHandler((request, reply) => {
    const allowed = methods.get(request.url.split("?")[0] ?? "");
    if (allowed !== undefined) {
      const allow = allowed.sort().join(", ");
      return sendProblem(reply.header("allow", allow), "method_not_allowed", `This path takes ${allow}.`);
    }
    const isPerson = request.method === "GET" && request.headers.accept?.includes("text/html") === true;
    if (!isPerson) return sendProblem(reply, "not_found");
    const page = missingPage(request.headers["accept-language"] ?? "");
    return void reply
      .code(404)
      .headers({ ...PAGE_HEADERS, "content-type": "text/html; charset=utf-8" })
      .send(page);
  });
  server.route({ method: READ, url: "/openapi.json", handler: () => description });
  // Editors fetch these without a token, and they are the same for every brand.
  for (const { name, schema } of options.ruleSchemas)
    server.route({ method: READ, url: `/schemas/${name}`, handler: () => schema });
  for (const { path, type, text } of readPageFiles(options.pageFolder))
    server.route({
      method: READ,
      url: path,
      handler: (_request, reply) => reply.headers({ ...PAGE_HEADERS, "content-type": type }).send(text),
    });
  // Only a login reads its body; any other, of whatever type, is read within its bound and ignored.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));

  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (isAllowed(request, sessions)) return;
    reply.header("www-authenticate", "Bearer");
    sendProblem(reply, "bad_key");
  };
  for (const { method, path, query, answer, ask } of ROUTES) {
    const read = query === undefined ? undefined : createQueryReader(query);
    server.route({
      method,
      url: path,
      schema: { response: { 200: answer } },
      onRequest,
      handler: async (request, reply) => {
        const asked = read?.(request.query);
        const answered = isRefusal(asked) ? asked : await ask(questions, asked);
        if (isRefusal(answered)) return sendProblem(reply, answered.refused, answered.message);
        return reply.header("cache-control", "no-store").send(answered);
      },
    });
  }
  server.post("/v1/links", { onRequest }, () => ({ url: createLink() }));
  addLogin(server, sessions);
  addLiveRoute(server, live, onRequest);
  addRulesRoutes(server, options.rules, { onRequest });
  addTryRoute(server, past, { onRequest, onFault });
  addRecommendRoutes(server, options.recommend, { onRequest, onFault });
  addReconcileRoutes(server, options.night, { onRequest, onFault });
  addNightStepRoutes(server, options.night, { onRequest, onFault });
  addBackupRoute(server, options.night, { onRequest, onFault });

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
  url = `http://${name}:${bound}`;
  return {
    url,
    port: bound,
    createLink,
    close: async () => {
      live.close();
      await server.close();
    },
  };
}

function refuseFor(error: FastifyError | Error, reply: FastifyReply, onFault: ControlPlaneOptions["onFault"]): void {
  if (error instanceof HistoryUnavailable || error instanceof StoreUnavailable) {
    const { code, message } = error;
    void reply.code(503).header("retry-after", controlRetryAfterSeconds).send({ code, message });
    return;
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status === 413) return void sendProblem(reply, "too_large");
  if (status >= 400 && status < 500) {
    void reply.code(status).send({ code: "malformed_json", message: "The request cannot be read." });
    return;
  }
  onFault?.(error);
  void reply.code(500).send({ code: "fault", message: "A fault of the program; its log says more." });
}
