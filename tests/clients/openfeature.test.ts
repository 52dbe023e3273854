/**
 * OpenFeature's own client and provider, as they are shipped, against a running engine: what the rules decide comes as flags
 * of the declared types, and what cannot be said comes as the protocol's own error.
 */
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { ErrorCode, OpenFeature, StandardResolutionReasons } from "@openfeature/server-sdk";
import type { Client } from "@openfeature/server-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { naughtyStringsMissing, readNaughtyStrings } from "../naughty-strings.ts";
import { SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const BROWSER_KEY = "example-write-key";
let folder = "";
let engine: EngineProcess;
let url = "";
let client: Client;

beforeAll(async () => {
  folder = createTestFolder("openfeature");
  engine = await createEngineProcess({ rules: "rules", folder });
  await engine.start();
  url = `http://127.0.0.1:${engine.port}`;
  client = await clientWith({ authorization: `Bearer ${SERVER_KEY}` }, "server");
  for (let n = 0; n < 3; n++) await look("shoes-1");
});

afterAll(async () => {
  await OpenFeature.close();
  await engine?.stop();
  removeTestFolder(folder);
});

async function clientWith(headers: Record<string, string>, domain: string): Promise<Client> {
  const headersOf = (): [string, string][] => Object.entries(headers);
  await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl: url, headersFactory: headersOf }));
  return OpenFeature.getClient(domain);
}

interface Tracked {
  readonly visitorToken?: string;
}

async function look(anonymousId: string, key = SERVER_KEY): Promise<Tracked> {
  const response = await fetch(`${url}/v1/track`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${key}:`)}` },
    body: JSON.stringify({ anonymousId, event: "Product Viewed", properties: { category: "shoes" } }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Tracked;
}

async function evaluate(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags${path}`, {
    method: "POST",
    headers: { "x-api-key": SERVER_KEY, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const value = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, etag: response.headers.get("etag"), body: value };
}

const shoes = { targetingKey: "anonymous:shoes-1" };

describe("OpenFeature's server client", () => {
  it("reads a segment as a boolean", async () => {
    const inside = await client.getBooleanDetails("segment.shoe-lover", false, shoes);
    expect(inside).toMatchObject({ value: true, variant: "in", reason: StandardResolutionReasons.TARGETING_MATCH });
    expect(inside.flagMetadata).toMatchObject({ known: true, plan: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const outside = await client.getBooleanDetails("segment.shoe-lover", true, { targetingKey: "somebody-else" });
    expect(outside).toMatchObject({ value: false, variant: "out", reason: "DEFAULT", flagMetadata: { known: false } });
  });

  it("reads a content as the template that is shown, and as an object with its markup", async () => {
    expect(await client.getStringDetails("home-hero", "none", shoes)).toMatchObject({
      value: "hero-shoes",
      variant: "hero-shoes",
      reason: "TARGETING_MATCH",
    });
    const view = await client.getObjectDetails("view.home-hero", {}, { ...shoes, language: "fr" });
    expect(view.value).toMatchObject({ show: "hero-shoes", values: {}, html: expect.stringContaining("<") });
    const [english, plain] = await Promise.all([
      client.getObjectValue("view.home-hero", {}, { ...shoes, language: "en" }),
      client.getObjectValue("view.home-hero", {}, shoes),
    ]);
    expect(english).not.toEqual(view.value);
    expect(plain).not.toHaveProperty("html");
  });

  it("knows a person by any identifier in the context", async () => {
    for (const context of [shoes, { targetingKey: "x", anonymousId: "shoes-1" }])
      expect(await client.getStringValue("home-hero", "none", context)).toBe("hero-shoes");
    const byMail = await client.getStringDetails("home-hero", "none", { targetingKey: "email:nobody@shop.example" });
    expect(byMail.errorCode).toBeUndefined();
    expect(byMail.value).not.toBe("none");
  });

  it("gets the default, and the protocol's own error, where nothing can be said", async () => {
    const unknown = await client.getBooleanDetails("segment.no-such", true, shoes);
    expect(unknown).toMatchObject({ value: true, errorCode: ErrorCode.FLAG_NOT_FOUND, reason: "ERROR" });
    expect(unknown.errorMessage).toContain("segment.");
    const nobody = await client.getStringDetails("home-hero", "none", {});
    expect(nobody).toMatchObject({ value: "none", errorCode: ErrorCode.TARGETING_KEY_MISSING });
    const odd = await client.getStringDetails("home-hero", "none", { targetingKey: "email:nobody" });
    expect(odd).toMatchObject({ value: "none", errorCode: ErrorCode.INVALID_CONTEXT });
    const typed = await client.getBooleanDetails("home-hero", false, shoes);
    expect(typed).toMatchObject({ value: false, errorCode: ErrorCode.TYPE_MISMATCH });
  });

  it("gets the default where its key is no key", async () => {
    const stranger = await clientWith({ authorization: "Bearer no-such-key" }, "stranger");
    expect(await stranger.getStringDetails("home-hero", "none", shoes)).toMatchObject({
      value: "none",
      reason: "ERROR",
    });
  });
});

describe("the remote evaluation protocol", () => {
  it("gives all flags at once, and says by ETag that nothing has changed", async () => {
    const all = await evaluate("", { context: shoes });
    expect(all.status).toBe(200);
    expect(all.body["metadata"]).toMatchObject({ known: true });
    const flags = all.body["flags"] as readonly { key: string; value: unknown }[];
    const values = Object.fromEntries(flags.map(({ key, value }) => [key, value]));
    expect(values).toMatchObject({ "home-hero": "hero-shoes", "segment.shoe-lover": true, "segment.vip": false });
    expect(values["view.home-hero"]).toMatchObject({ show: "hero-shoes" });
    const etag = all.etag ?? "";
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`])
      expect(await evaluate("", { context: shoes }, { "if-none-match": sent })).toMatchObject({
        status: 304,
        body: {},
      });
    const other = await evaluate("", { context: { targetingKey: "somebody-else" } }, { "if-none-match": etag });
    expect(other.status).toBe(200);
    await look("shoes-1");
    expect((await evaluate("", { context: shoes }, { "if-none-match": '"stale"' })).etag).toBe(etag);
  });

  it("shows a browser its own visitor only", async () => {
    const { visitorToken = "" } = await look("own-visitor", BROWSER_KEY);
    const browser = { "x-api-key": BROWSER_KEY, "x-vif-visitor-token": visitorToken };
    for (const context of [{ targetingKey: "own-visitor" }, {}])
      expect((await evaluate("/home-hero", { context }, browser)).status).toBe(200);
    const others = await evaluate("/home-hero", { context: shoes }, browser);
    expect([others.status, others.body["errorCode"]]).toEqual([403, "GENERAL"]);
    expect((await evaluate("/home-hero", { context: shoes }, { "x-api-key": BROWSER_KEY })).status).toBe(403);
  });

  it("lets pages ask that may use the key, their token and ETag included", async () => {
    const response = await fetch(`${url}/ofrep/v1/evaluate/flags`, {
      method: "OPTIONS",
      headers: { origin: "http://localhost:3000", "access-control-request-method": "POST" },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-headers")).toMatch(/x-api-key, if-none-match/);
  });

  it.each([
    ["", "{", 400, "PARSE_ERROR"],
    ["", "", 400, "TARGETING_KEY_MISSING"],
    ["", { context: { targetingKey: "" } }, 400, "TARGETING_KEY_MISSING"],
    ["", { context: 5 }, 400, "INVALID_CONTEXT"],
    ["", { context: { targetingKey: 5 } }, 400, "INVALID_CONTEXT"],
    ["/home-hero", { context: { targetingKey: "x".repeat(5_000) } }, 400, "INVALID_CONTEXT"],
    ["/home-hero", { context: { userId: "u", language: "<b>" } }, 400, "INVALID_CONTEXT"],
    ["/%E0%A4%A", { context: shoes }, 404, "FLAG_NOT_FOUND"],
    ["/segment.__proto__", { context: shoes }, 404, "FLAG_NOT_FOUND"],
    [`/${"k".repeat(500)}`, { context: shoes }, 404, "FLAG_NOT_FOUND"],
  ])("answers %s with %j by %i %s", async (path, body, status, errorCode) => {
    const answer = await evaluate(path, body);
    expect([answer.status, answer.body["errorCode"]]).toEqual([status, errorCode]);
    expect(answer.body["errorDetails"]).toMatch(/\.$/);
  });

  it.skipIf(naughtyStringsMissing !== undefined)(
    `holds against hostile texts (${naughtyStringsMissing ?? "all of them"})`,
    async () => {
      for (const text of readNaughtyStrings()) {
        const answer = await evaluate(`/${encodeURIComponent(text)}`, { context: { targetingKey: text } });
        expect([200, 400, 404], text).toContain(answer.status);
      }
      expect((await evaluate("/home-hero", { context: shoes })).body["value"]).toBe("hero-shoes");
    },
  );
});

describe("decisions for a page that is made on a server", () => {
  async function decide(request: object, key = SERVER_KEY) {
    const response = await fetch(`${url}/v1/decide`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${key}:`)}` },
      body: JSON.stringify(request),
    });
    const body = (await response.json()) as { readonly plan?: string; readonly decisions?: readonly object[] };
    return { status: response.status, body };
  }

  it("are of the slots that are named, in their order, with markup, reasons and the plan", async () => {
    const slots = ["home-hero", "account-greeting"];
    const { body } = await decide({ anonymousId: "shoes-1", slots, language: "en", reasons: true });
    expect(body.plan).toMatch(/^[0-9a-f]{64}$/);
    expect(body.decisions).toMatchObject([
      {
        content: "home-hero",
        show: "hero-shoes",
        because: expect.stringContaining('category = "shoes"'),
        html: expect.stringContaining("<"),
      },
      { content: "account-greeting" },
    ]);
    const plain = await decide({ anonymousId: "shoes-1", slots: ["home-hero"] });
    expect(Object.keys(plain.body.decisions?.[0] ?? {})).toEqual(["content", "show", "choice"]);
  });

  it("are refused for a slot that is none, and reasons for a browser", async () => {
    const unknown = await decide({ userId: "u", slots: ["home-hero", "no-such"] });
    expect(unknown).toMatchObject({ status: 400, body: { problem: { code: "invalid_field", field: "/slots/1" } } });
    const browser = await decide({ anonymousId: "shoes-1", reasons: true }, BROWSER_KEY);
    expect(browser).toMatchObject({ status: 401, body: { problem: { code: "bad_key", field: "/reasons" } } });
    const many = await decide({ userId: "u", slots: Array.from({ length: 101 }, () => "home-hero") });
    expect(many).toMatchObject({ status: 400, body: { problem: { field: "/slots" } } });
  });
});
