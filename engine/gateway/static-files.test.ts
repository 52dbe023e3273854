import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_KEY, SERVER_KEY, basic, startGateway } from "../../tests/gateway/running-gateway.ts";
import type { RunningGateway } from "../../tests/gateway/running-gateway.ts";
import { readSdkFiles } from "./sdk-files.ts";
import { readShopFiles } from "./shop/example-shop.ts";
import { addFiles } from "./static-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = [...readSdkFiles(root), ...readShopFiles(root)];
let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startGateway(0, (app) => addFiles(app, files));
});
afterAll(() => gateway.close());

async function ask(path: string, method: "GET" | "HEAD", headers: Record<string, string> = {}) {
  const response = await fetch(gateway.url + path, { method, headers: { "accept-encoding": "identity", ...headers } });
  const { byteLength } = await response.arrayBuffer();
  return { status: response.status, headers: response.headers, byteLength };
}

describe("HEAD", () => {
  it("tells of every file what GET would bring, without bringing it", async () => {
    expect(files.length).toBeGreaterThan(30);
    for (const { path, content } of files) {
      const [asked, got] = [await ask(path, "HEAD"), await ask(path, "GET")];
      expect([path, asked.status, asked.byteLength]).toEqual([path, 200, 0]);
      expect(asked.headers.get("content-length")).toBe(String(Buffer.byteLength(content)));
      for (const name of ["content-length", "content-type", "etag", "cache-control"])
        expect([path, asked.headers.get(name)]).toEqual([path, got.headers.get(name)]);
    }
  });

  it("tells of a file that is known already that it has not changed", async () => {
    const etag = (await ask("/vif.js", "GET")).headers.get("etag") ?? "";
    expect((await ask("/vif.js", "HEAD", { "if-none-match": etag })).status).toBe(304);
  });

  it.each([
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/asyncapi.json",
    `/v1/settings?writeKey=${BROWSER_KEY}`,
  ])("is answered on %s, and the connection goes on", async (path) => {
    const asked = await ask(path, "HEAD");
    expect([asked.status, asked.byteLength]).toEqual([200, 0]);
    expect(Number(asked.headers.get("content-length"))).toBeGreaterThan(0);
    expect((await ask(path, "GET")).status).toBe(200);
  });

  it("has the status of a refusal too", async () => {
    expect(await ask("/nowhere", "HEAD")).toMatchObject({ status: 404, byteLength: 0 });
    const customers = await ask("/v1/settings", "HEAD", { authorization: basic(SERVER_KEY) });
    expect(customers).toMatchObject({ status: 401, byteLength: 0 });
    gateway.ready = false;
    expect(await ask("/readyz", "HEAD")).toMatchObject({ status: 503, byteLength: 0 });
    gateway.ready = true;
  });
});
