/** A server that sends events over HTTP, by the example brand's key. */
import { expect } from "vitest";
import { type EngineProcess, SERVER_KEY } from "./engine-process.ts";

/** Resolves when they are taken; every event needs a `messageId`. */
export async function sendBatch({ port }: EngineProcess, batch: readonly object[]): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}`;
  const response = await fetch(`http://127.0.0.1:${port}/v1/batch`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ batch }),
  });
  expect(response.status).toBe(200);
}
