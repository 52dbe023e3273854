/** A server that speaks to an engine over HTTP, by the example brand's key. */
import { expect } from "vitest";
import { type EngineProcess, ONCE, SERVER_KEY } from "./engine-process.ts";

type Port = Pick<EngineProcess, "port">;

/** The answer, whatever it is. */
export function post({ port }: Port, path: string, body: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: {
      ...ONCE,
      authorization: `Basic ${btoa(`${SERVER_KEY}:`)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
}

/** Resolves when it is taken. */
export async function say(engine: Port, path: string, body: unknown): Promise<void> {
  expect((await post(engine, path, body)).status).toBe(200);
}

/** Resolves when they are taken; every event needs a `messageId`. */
export function sendBatch(engine: Port, batch: readonly object[]): Promise<void> {
  return say(engine, "/v1/batch", { batch });
}
