/**
 * OpenFeature's remote evaluation protocol: any OpenFeature client reads what the rules decide, one flag or all of them
 * (ofrep-flags.ts). A secret key asks for anybody, a browser for its own visitor, as with `/v1/decide`; the key comes as a
 * bearer, as `X-API-Key`, or as elsewhere. Errors are the protocol's own.
 */
import { createHash } from "node:crypto";
import { Compile } from "typebox/compile";
import type { HttpRequest, TemplatedApp } from "uWebSockets.js";
import { busyRetryAfterMs } from "../../limits.ts";
import { flagKeyCharsMax } from "../../limits-of-delivery.ts";
import type { IdentifierRules } from "../../model/identifier-rules.ts";
import { IDENTIFIER_KINDS, WIRE_NAMES } from "../../model/identifier.ts";
import type { Problem } from "../../shard/port.ts";
import { readJson } from "../json-fault.ts";
import type { Guarded, HttpRoutes } from "../http-routes.ts";
import type { Intake, Sender } from "../intake.ts";
import { basicKey } from "../keys.ts";
import type { KeyRegistry } from "../keys.ts";
import type { GatewayMetrics } from "../metrics.ts";
import { namedPerson, readablePerson } from "../read-access.ts";
import type { Named, Person } from "../read-access.ts";
import { statusOf } from "../replies.ts";
import { SlotView } from "../slot-view.ts";
import type { Slots } from "../slot-view.ts";
import { findingsProblem, isProblem } from "../wire-validators.ts";
import { allFlags, flagOf } from "./ofrep-flags.ts";
import type { Decided } from "./ofrep-flags.ts";
import { OfrepRequest } from "./ofrep-schemas.ts";
import type { OfrepContext } from "./ofrep-schemas.ts";

export interface OfrepOptions {
  readonly keys: KeyRegistry;
  readonly intake: Intake;
  readonly metrics: GatewayMetrics;
  readonly identifiers: IdentifierRules;
  readonly routes: HttpRoutes;
  readonly slots?: Slots | undefined;
}

/** What is needed of a request before its body has come. */
interface Looked {
  readonly apiKey: string;
  readonly ifNoneMatch: string;
  /** Decoded; undefined: all flags. */
  readonly flag: string | undefined;
}

const requests = Compile(OfrepRequest);

export function addOfrep(app: TemplatedApp, options: OfrepOptions): void {
  const look = (flag: string | undefined) => (request: HttpRequest) => ({
    apiKey: request.getHeader("x-api-key"),
    ifNoneMatch: request.getHeader("if-none-match"),
    flag: flag === undefined ? undefined : decoded(request.getParameter(0) ?? ""),
  });
  const { post } = options.routes;
  post("/ofrep/v1/evaluate/flags", look(undefined), (from, body, looked) => evaluate(from, body, looked, options));
  post("/ofrep/v1/evaluate/flags/:key", look(""), (from, body, looked) => evaluate(from, body, looked, options));
  app.options("/ofrep/v1/*", (response, request) => options.routes.open(response, request).exchange.sendPreflight());
}

/** "" for what is no flag's name anyway. */
function decoded(segment: string): string {
  try {
    const key = decodeURIComponent(segment);
    return key.length <= flagKeyCharsMax ? key : "";
  } catch {
    return "";
  }
}

function evaluate(from: Guarded, body: Uint8Array, looked: Looked, options: OfrepOptions): void {
  const { exchange } = from;
  const { intake, identifiers, slots } = options;
  const fail = (problem: Problem, retryAfterMs?: number): void =>
    refuse(from, problem, { looked, options, retryAfterMs });
  const key = bearer(exchange.authorization) ?? (looked.apiKey || basicKey(exchange.authorization));
  const access = options.keys.authenticate(key, exchange.origin);
  if (isProblem(access)) return fail(access);
  const sender: Sender = intake.createSender(access, Number.POSITIVE_INFINITY, from.guard);
  if (exchange.visitorToken !== undefined) sender.visitor = intake.visitorOf(exchange.visitorToken);
  const read = body.length === 0 ? { value: {} } : readJson(body);
  if (isProblem(read)) return fail(read);
  const { value } = read;
  if (!requests.Check(value)) return fail(findingsProblem(requests.Errors(value)));
  const context = value.context ?? {};
  const person = personOf(context, sender, identifiers);
  if (isProblem(person)) return fail(person);
  intake.look(sender, { whom: person.identifier, want: "segments" }, (outcome) => {
    if (outcome.is === "refused") return fail(outcome.problem, outcome.retryAfterMs);
    const { known, plan, segments = { inside: {}, warming: [] } } = outcome;
    const { language } = context;
    const isShown = language != null && slots !== undefined && (looked.flag === undefined || looked.flag.includes("."));
    const decisions = isShown ? new SlotView(slots, language).whole(outcome.decisions) : outcome.decisions;
    answer(from, looked, { known, plan, decisions, segments });
  });
}

function answer({ exchange }: Guarded, { flag, ifNoneMatch }: Looked, decided: Decided): void {
  if (flag !== undefined) {
    const evaluation = flagOf(flag, decided);
    if (evaluation !== undefined) return exchange.send(200, JSON.stringify(evaluation));
    const errorDetails = "No content has this name, and no segment has it behind `segment.`.";
    return exchange.send(404, JSON.stringify({ key: flag, errorCode: "FLAG_NOT_FOUND", errorDetails }));
  }
  const { plan, known } = decided;
  const text = JSON.stringify({ flags: allFlags(decided), metadata: { plan, known } });
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const isSame = ifNoneMatch.split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
  if (isSame) return exchange.send(304, "", { headers: { etag } });
  exchange.send(200, text, { headers: { etag } });
}

/** By the identifiers in the context, or else by the targeting key. */
function personOf(context: OfrepContext, sender: Sender, identifiers: IdentifierRules): Person | Problem {
  const { access, visitor } = sender;
  const named = namedPerson(context, identifiers) ?? namedPerson(targetOf(context, access.trusted), identifiers);
  return readablePerson(access, visitor, named);
}

function targetOf({ targetingKey }: OfrepContext, trusted: boolean): Named {
  if (targetingKey == null || targetingKey === "") return {};
  const colon = targetingKey.indexOf(":");
  const prefix = targetingKey.slice(0, Math.max(colon, 0));
  const kind = IDENTIFIER_KINDS.find((each) => each === prefix);
  if (kind !== undefined) return { [WIRE_NAMES[kind]]: targetingKey.slice(colon + 1) };
  return trusted ? { userId: targetingKey } : { anonymousId: targetingKey };
}

function bearer(authorization: string): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1];
}

const CODES: Readonly<Record<string, string>> = {
  malformed_json: "PARSE_ERROR",
  no_identifier: "TARGETING_KEY_MISSING",
  invalid_field: "INVALID_CONTEXT",
  missing_field: "INVALID_CONTEXT",
};

function refuse(
  { exchange }: Guarded,
  problem: Problem,
  how: { readonly looked: Looked; readonly options: OfrepOptions; readonly retryAfterMs: number | undefined },
): void {
  const { refusedRequests } = how.options.metrics.counts;
  refusedRequests[problem.code] = (refusedRequests[problem.code] ?? 0) + 1;
  const { flag } = how.looked;
  const errorCode = CODES[problem.code] ?? "GENERAL";
  const failure = { ...(flag !== undefined && { key: flag }), errorCode, errorDetails: problem.message };
  const status = statusOf(problem);
  const retryAfterMs = how.retryAfterMs ?? (status === 429 || status === 503 ? busyRetryAfterMs : undefined);
  exchange.send(status, JSON.stringify(failure), { retryAfterMs });
}
