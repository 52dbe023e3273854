/**
 * Files that the data plane serves: a few, small, read once and kept in memory, packed once with Brotli and gzip. Each has
 * an ETag of its content, so that a browser that has it asks in 200 bytes. Whoever adds them says how long they keep.
 */
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { addReadPath, endRead } from "./read-path.ts";
import { statusText } from "./status-text.ts";

export interface StaticFile {
  /** Where it is served, as `/vif.js`. */
  readonly path: string;
  readonly type: string;
  readonly content: string | Uint8Array;
  /** Value of Cache-Control (RFC 9111). */
  readonly cache: string;
  /** Further headers, in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface Kept {
  readonly file: StaticFile;
  readonly etag: string;
  /** Packed when first asked for: most are never. */
  body(encoding: Encoding): Uint8Array;
}

type Encoding = "br" | "gzip" | "identity";

export function addFiles(app: TemplatedApp, files: readonly StaticFile[]): void {
  for (const file of files) {
    const kept = keep(file);
    addReadPath(app, file.path, (response, request) => send(kept, response, request));
  }
}

function keep(file: StaticFile): Kept {
  const identity = Buffer.from(file.content);
  const bodies: Partial<Record<Encoding, Uint8Array>> = { identity };
  const etag = `"${createHash("sha256").update(identity).digest("base64url").slice(0, 22)}"`;
  return { file, etag, body: (encoding) => (bodies[encoding] ??= PACKERS[encoding](identity)) };
}

const PACKERS: Readonly<Record<Encoding, (bytes: Uint8Array) => Uint8Array>> = {
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  identity: (bytes) => bytes,
};

function send({ file, etag, body }: Kept, response: HttpResponse, request: HttpRequest): void {
  const isKnown = request.getHeader("if-none-match").includes(etag);
  const isHead = request.getMethod() === "head";
  const accepted = request.getHeader("accept-encoding");
  const encoding: Encoding = /\bbr\b/.test(accepted) ? "br" : /\bgzip\b/.test(accepted) ? "gzip" : "identity";
  response.cork(() => {
    response.writeStatus(statusText(isKnown ? 304 : 200));
    response.writeHeader("etag", etag).writeHeader("cache-control", file.cache).writeHeader("vary", "Accept-Encoding");
    response.writeHeader("x-content-type-options", "nosniff");
    for (const [name, value] of Object.entries(file.headers ?? {})) response.writeHeader(name, value);
    if (isKnown) return response.endWithoutBody();
    response.writeHeader("content-type", file.type);
    if (encoding !== "identity") response.writeHeader("content-encoding", encoding);
    endRead(response, isHead, body(encoding));
  });
}
