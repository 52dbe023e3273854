/**
 * A provider over HTTP for the contract suite: it counts what it was asked, and misbehaves when told to. When it is well it
 * either answers by itself or hands each request on, to a server generated from the vendor's contract.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Mood, Provider } from "../contract.ts";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface HttpProvider extends Provider {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What it answers while it is `saying`: [status, body, headers]. */
  answer: readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];
  /** What came of the last request that was handed on. */
  readonly handedOn: () => { readonly status: number; readonly violations: string | undefined };
}

export interface Well {
  /** Where requests are handed on; undefined: `answer` is given. */
  readonly to?: string | undefined;
  readonly answer?: readonly [status: number, body: string];
  /** What is closed with it. */
  readonly closing?: () => Promise<void>;
  /** Of too many requests. */
  readonly busy: readonly [status: number, body: string];
}

export async function startHttpProvider({ to, answer: well = [200, ""], busy, closing }: Well): Promise<HttpProvider> {
  let mood: Mood = "well";
  let handed = { status: 0, violations: undefined as string | undefined };
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      asked.push({ path: request.url ?? "", headers: request.headers, body });
      void answerTo(request, body, response);
    });
  });

  async function answerTo(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const say = ([status, text, headers = {}]: HttpProvider["answer"]): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
    };
    switch (mood) {
      case "silent":
        return;
      case "drops":
        return void request.socket.destroy();
      case "busy":
        return say([...busy, { "retry-after": "7" }]);
      case "saying":
        return say(provider.answer);
      case "well": {
        if (to === undefined) return say(well);
        const { host: _host, connection: _connection, "content-length": _length, ...headers } = request.headers;
        const init = { method: request.method ?? "POST", headers: headers as Record<string, string>, body };
        const passed = await fetch(`${to}${request.url ?? ""}`, init);
        handed = { status: passed.status, violations: passed.headers.get("sl-violations") ?? undefined };
        return say([passed.status, await passed.text()]);
      }
    }
  }

  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const provider: HttpProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: [200, ""],
    handedOn: () => handed,
    get taken() {
      return asked.length;
    },
    become: (next) => void (mood = next),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      await closing?.();
    },
  };
  return provider;
}
