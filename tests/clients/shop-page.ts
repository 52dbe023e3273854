/**
 * A page of another origin that uses Segment's browser library as its makers ship it: the script comes from the package,
 * unchanged, and is told only the write key and where its settings are.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface ShopPage {
  readonly url: string;
  close(): Promise<void>;
}

const library = join(
  dirname(createRequire(import.meta.url).resolve("@segment/analytics-next/package.json")),
  "dist",
  "umd",
  "index.js",
);

export async function startShopPage(): Promise<ShopPage> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/library.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(
      isScript
        ? readFileSync(library)
        : "<!doctype html><title>Shop</title><h1>Shop</h1><script src=/library.js></script>",
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
