/**
 * One HTTP request, as channels over HTTP share it: never repeated, never redirected, answered within the signal's time, and
 * told apart by what is known of it. Until the connection stands nothing can have been sent; from then on everything can.
 */
import { Agent as PlainAgent, request as requestPlain, type IncomingHttpHeaders } from "node:http";
import { Agent as SecureAgent, request as requestSecure } from "node:https";
import type { LookupFunction } from "node:net";
import { answerBytesMax } from "../../engine/model/message-limits.ts";
import type { CallOutcome } from "../../engine/model/message.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Finds the address of a host, or refuses it; the system's own when absent. */
  readonly lookup?: LookupFunction | undefined;
}

export type HttpAnswer =
  | {
      readonly is: "answer";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Cut at `answerBytesMax`. */
      readonly body: string;
    }
  | Extract<CallOutcome, { readonly is: "failed" | "unknown" | "rejected" }>;

/** An address that must not be called; thrown by a `lookup`. */
export class ForbiddenAddress extends Error {
  readonly code = "forbidden_address";
}

/**
 * A connection that has been idle is given up before its other end does so, which most do after five seconds: a request on
 * one that is just being closed would be lost, and nobody could say whether it had been read.
 */
const idleMsMax = 3_000;
const plainAgent = new PlainAgent({ keepAlive: true, timeout: idleMsMax });
const secureAgent = new SecureAgent({ keepAlive: true, timeout: idleMsMax });

export function callHttp(
  { url, method, headers, body, lookup }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ is: "failed", reason: "unreachable", code: "aborted" });
    let isConnected = false;
    const request = (url.protocol === "http:" ? requestPlain : requestSecure)(url, {
      method,
      agent: url.protocol === "http:" ? plainAgent : secureAgent,
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      signal,
      ...(lookup !== undefined && { lookup }),
    });
    request.once("socket", (socket) => {
      // One that was kept from the last request stands already.
      if (!socket.connecting) isConnected = true;
      else socket.once(url.protocol === "http:" ? "connect" : "secureConnect", () => void (isConnected = true));
    });
    request.once("response", (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      const answer = (): void =>
        resolve({
          is: "answer",
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString("utf8"),
        });
      response.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes <= answerBytesMax) return void parts.push(part);
        // More than any provider says: what came is judged, and the rest is not waited for.
        answer();
        response.destroy();
      });
      response.once("end", answer);
      response.once("error", () => resolve({ is: "unknown", reason: "connection_lost", code: "answer" }));
    });
    request.once("error", (error: NodeJS.ErrnoException) => resolve(troubleOf(error, isConnected)));
    request.end(body);
  });
}

function troubleOf(error: NodeJS.ErrnoException, isConnected: boolean): HttpAnswer {
  if (error instanceof ForbiddenAddress) return { is: "rejected", reason: "forbidden_address" };
  const code = error.code ?? error.name;
  if (!isConnected) return { is: "failed", reason: "unreachable", code };
  if (error.name === "AbortError") return { is: "unknown", reason: "aborted", code: undefined };
  return { is: "unknown", reason: "connection_lost", code };
}

/** Retry-After (RFC 9110, 10.2.3) in ms: a number of seconds, or a date; undefined where there is none. @param now ms since 1970 */
export function waitOf(headers: IncomingHttpHeaders, now: number): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
