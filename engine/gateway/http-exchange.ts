/**
 * One HTTP request and its one response on uWebSockets, made safe: what is needed of the request is read at once (it is gone
 * after the first await), a sender who has left gets nothing, and a body is never larger than its limit, unpacked or not.
 */
import { gunzip } from "node:zlib";
import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { bodyBytesMax, busyRetryAfterMs, heldBodiesBytesMax } from "../limits.ts";
import type { Problem } from "../shard/port.ts";
import { endRead } from "./read-path.ts";
import { problemOf, problemText, statusOf } from "./replies.ts";
import { statusText } from "./status-text.ts";
import type { TillProof } from "./till-signature.ts";

/** Of all bodies that are not whole yet: shared by the exchanges of one gateway. */
export interface BodyBudget {
  heldBytes: number;
}

export class HttpExchange {
  readonly origin: string | undefined;
  readonly authorization: string;
  readonly visitorToken: string | undefined;
  readonly wantsDecisions: boolean;
  /** Of a till; undefined where a part of it is missing. */
  readonly tillProof: TillProof | undefined;
  readonly #response: HttpResponse;
  readonly #isHead: boolean;
  readonly #encoding: string;
  readonly #announcedBytes: number;
  /** The page's origin, when it may read the response. */
  #sharedWith: string | undefined;
  #over = false;
  readonly #budget: BodyBudget;
  #heldBytes = 0;

  constructor(response: HttpResponse, request: HttpRequest, budget: BodyBudget) {
    this.origin = request.getHeader("origin") || undefined;
    this.authorization = request.getHeader("authorization");
    this.visitorToken = request.getHeader("x-vif-visitor-token") || undefined;
    this.wantsDecisions = request.getQuery("decisions") === "1";
    this.tillProof = tillProof(request);
    this.#encoding = request.getHeader("content-encoding").trim().toLowerCase();
    this.#announcedBytes = Number(request.getHeader("content-length") || 0);
    this.#isHead = request.getMethod() === "head";
    this.#response = response;
    this.#budget = budget;
    response.onAborted(() => {
      this.#over = true;
      this.#release();
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Lets the page of this request's origin read the response (Fetch standard, CORS protocol). */
  share(): void {
    this.#sharedWith = this.origin;
  }

  /** `done` gets the unpacked body, valid during the call only, unless the request was refused or broken off. */
  readBody(done: (body: Uint8Array) => void): void {
    if (this.#announcedBytes > bodyBytesMax) return this.refuse(TOO_LARGE, { closes: true });
    if (this.#encoding !== "" && this.#encoding !== "identity" && this.#encoding !== "gzip")
      return this.refuse(
        problemOf("invalid_field", undefined, "The header Content-Encoding must be gzip, or absent."),
        { closes: true },
      );
    const isPacked = this.#encoding === "gzip";
    let chunks: Buffer[] = [];
    let receivedBytes = 0;
    this.#response.onData((chunk, isLast) => {
      if (this.#over) return;
      receivedBytes += chunk.byteLength;
      if (receivedBytes > bodyBytesMax) {
        chunks = [];
        return this.refuse(TOO_LARGE, { closes: true });
      }
      if (isLast && chunks.length === 0 && !isPacked) return done(new Uint8Array(chunk));
      if (!this.#hold(chunk.byteLength)) {
        chunks = [];
        return this.refuse(problemOf("busy"), { closes: true, retryAfterMs: busyRetryAfterMs });
      }
      chunks.push(Buffer.from(new Uint8Array(chunk)));
      if (!isLast) return;
      const body = Buffer.concat(chunks);
      if (isPacked) return this.#unpack(body, done);
      this.#release();
      done(body);
    });
  }

  /** @returns false when the bodies under way take all that they may */
  #hold(bytes: number): boolean {
    if (this.#budget.heldBytes + bytes > heldBodiesBytesMax) return false;
    this.#budget.heldBytes += bytes;
    this.#heldBytes += bytes;
    return true;
  }

  #release(): void {
    this.#budget.heldBytes -= this.#heldBytes;
    this.#heldBytes = 0;
  }

  #unpack(packed: Buffer, done: (body: Uint8Array) => void): void {
    gunzip(packed, { maxOutputLength: bodyBytesMax }, (error, body) => {
      this.#release();
      if (this.#over) return;
      if (error === null) return done(body);
      const isTooLarge = "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
      this.refuse(isTooLarge ? TOO_LARGE : problemOf("malformed_json", undefined, "The body is not valid gzip."));
    });
  }

  refuse(problem: Problem, options: Pick<SendOptions, "closes" | "retryAfterMs" | "headers"> = {}): void {
    const text = `{"success":false,"problem":${problemText(problem)}}`;
    this.send(statusOf(problem), text, options);
  }

  send(
    status: number,
    text: string | Uint8Array,
    { closes = false, retryAfterMs, type = "application/json", cacheSeconds, headers }: SendOptions = {},
  ): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(statusText(status));
      if (text.length > 0) response.writeHeader("content-type", type);
      if (cacheSeconds !== undefined) response.writeHeader("cache-control", `public, max-age=${cacheSeconds}`);
      if (status === 401) response.writeHeader("www-authenticate", 'Basic realm="vif"');
      // Whole seconds, never 0 (RFC 9110, 10.2.3).
      if (retryAfterMs !== undefined)
        response.writeHeader("retry-after", String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
      if (headers !== undefined) for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
      this.#writeSharing();
      // The connection of a HEAD may stay: it brought no body that would have to be read over.
      if (this.#isHead) endRead(response, true, text);
      else if (status === 304) response.endWithoutBody();
      else response.end(text, closes);
    });
  }

  /** The answer to a preflight. */
  sendPreflight(): void {
    if (this.#over) return;
    this.#over = true;
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(statusText(204));
      this.#writeSharing();
      if (this.#sharedWith !== undefined)
        response
          .writeHeader("access-control-allow-methods", "GET, POST")
          .writeHeader(
            "access-control-allow-headers",
            "authorization, content-type, content-encoding, x-retry-count, x-vif-visitor-token, x-api-key, if-none-match, vif-till, vif-time, vif-signature",
          )
          .writeHeader("access-control-max-age", "86400");
      response.endWithoutBody();
    });
  }

  #writeSharing(): void {
    if (this.origin === undefined) return;
    this.#response.writeHeader("vary", "Origin");
    if (this.#sharedWith === undefined) return;
    this.#response.writeHeader("access-control-allow-origin", this.#sharedWith);
    this.#response.writeHeader("access-control-expose-headers", "retry-after, etag");
  }
}

/** Most requests have none: one look tells. */
function tillProof(request: HttpRequest): TillProof | undefined {
  const signature = request.getHeader("vif-signature");
  if (signature === "") return undefined;
  return { till: request.getHeader("vif-till"), time: request.getHeader("vif-time"), signature };
}

interface SendOptions {
  /** The rest of the request is not worth reading. */
  readonly closes?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long a browser may keep the response. */
  readonly cacheSeconds?: number;
}

const TOO_LARGE = problemOf("too_large", undefined, `A body may have at most ${bodyBytesMax} bytes, unpacked too.`);
