/**
 * A brand's own web server, for tests of the SDK: pages under a strict policy, on another origin than the engine's, which
 * stay there when the engine is gone. The SDK's files may be taken from here too.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ROOT } from "../source-tree.ts";

export interface HostPage {
  readonly url: string;
  /** Sends the rest of the pages that have come in part. */
  release(): void;
  close(): Promise<void>;
}

export interface HostOptions {
  /** Of the engine, which the policy allows. */
  readonly engineUrl: string;
  /** HTML by path. What stands behind `REST` is sent when it is released. */
  readonly pages: Readonly<Record<string, string>>;
  /** Scripts by path: the page's own code, which may not stand in it. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Where a page stops that comes slowly. */
export const REST = "<!-- the rest -->";

/** As strict as a policy gets: no inline code or style, no evaluation, and no text becomes markup but by a named policy. */
export function policyFor(engineUrl: string): string {
  const socket = engineUrl.replace(/^http/, "ws");
  return (
    `default-src 'none'; script-src 'self' ${engineUrl}; style-src 'self'; img-src 'self'; ` +
    `connect-src ${engineUrl} ${socket}; require-trusted-types-for 'script'; trusted-types vif`
  );
}

export async function startHostPage({ engineUrl, pages, scripts = {} }: HostOptions): Promise<HostPage> {
  const own: Readonly<Record<string, string>> = {
    "/own/vif.js": readFileSync(join(ROOT, "dist", "sdk", "vif.js"), "utf8"),
    "/own/socket.io.js": readFileSync(join(ROOT, "node_modules/socket.io-client/dist/socket.io.min.js"), "utf8"),
    ...scripts,
  };
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    const [body, type] = path in pages ? [pages[path], "text/html"] : [own[path], "text/javascript"];
    // Pictures of the brand's templates, and whatever a browser asks for by itself.
    response.statusCode = body === undefined ? 204 : 200;
    response.setHeader("content-type", `${type}; charset=utf-8`);
    response.setHeader("content-security-policy", policyFor(engineUrl));
    const [begin = "", rest] = (body ?? "").split(REST);
    if (rest === undefined) return void response.end(begin);
    response.write(begin);
    held.push(() => void response.end(rest));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    release() {
      for (const send of held.splice(0)) send();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
