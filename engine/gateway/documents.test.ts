import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { io } from "socket.io-client";
import { SERVER_KEY, startGateway } from "../../tests/gateway/running-gateway.ts";
import { asyncApiDocument } from "./asyncapi.ts";
import { parseProduct } from "../recommend/port.ts";
import { openApiDocument } from "./openapi.ts";
import { PRODUCT } from "./products-openapi.ts";

const documents = [
  ["openapi", openApiDocument()],
  ["asyncapi", asyncApiDocument()],
] as const;

/** All `$ref` of a document. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "$ref" in value && typeof value.$ref === "string" ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(references)];
}

function resolve(document: unknown, reference: string): unknown {
  return reference
    .slice(2)
    .split("/")
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name.replaceAll("~1", "/")],
      document,
    );
}

it("has each path that takes what is posted, but those of the example shop", () => {
  const sources = readdirSync("engine/gateway", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => readFileSync(`engine/gateway/${path}`, "utf8"));
  const posted = sources.flatMap((text) => [...text.matchAll(/\.post\(\s*"(\/[^"]+)"/g)].map(([, path]) => path ?? ""));
  expect(posted).toContain("/v1/products");
  const { paths } = openApiDocument() as { readonly paths: object };
  for (const path of posted) expect(Object.keys(paths)).toContain(path);
});

it("knows of a product what is read of one, and no more", () => {
  const { properties } = PRODUCT as { readonly properties: object };
  const asked = parseProduct({ id: "p", title: "t", nothing: 1 });
  expect(asked).toMatchObject({
    reasons: [`\`nothing\` is no part of a product; allowed are ${Object.keys(properties).join(", ")}`],
  });
});

it("has each event that Socket.IO takes", async () => {
  const gateway = await startGateway();
  const socket = io(gateway.url, { auth: { writeKey: SERVER_KEY }, transports: ["websocket"] });
  const { problem } = (await socket.emitWithAck("nothing known")) as { readonly problem: { readonly message: string } };
  socket.disconnect();
  await gateway.close();
  const taken = (/allowed: ([a-z, ]+)\./.exec(problem.message)?.[1] ?? "").split(", ");
  const { operations } = asyncApiDocument() as {
    readonly operations: { readonly takeEmitted: { readonly messages: readonly { readonly $ref: string }[] } };
  };
  expect(operations.takeEmitted.messages.map(({ $ref }) => $ref.split("/").at(-1))).toEqual(taken);
});

describe.each(documents)("%s.json", (name, document) => {
  it("is fresh in the tree; `npm run generate` renews it", () => {
    const kept: unknown = JSON.parse(readFileSync(`generated/gateway-${name}.json`, "utf8"));
    expect(kept).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it("refers to nothing that is not in it", () => {
    const found = references(document);
    expect(found.length).toBeGreaterThan(10);
    for (const reference of found) expect(resolve(document, reference), reference).toBeDefined();
  });

  it("is served", async () => {
    const gateway = await startGateway();
    const response = await fetch(`${gateway.url}/${name}.json`);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
    await gateway.close();
  });
});
