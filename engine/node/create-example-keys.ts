/** Whether the example shop may be served, and by which of the example brand's keys. */
import type { Config } from "../config.ts";
import type { ExampleShopOptions } from "../gateway/shop/example-shop.ts";

/** The example brand's keys, where they are in use and nobody but this computer can reach the gateway. */
export function createExampleKeys({
  keys,
  loopback,
}: Config): Pick<ExampleShopOptions, "serverKey" | "till"> | undefined {
  const server = keys.find(({ key }) => key === "example-server-key");
  const till = keys.find(({ key }) => key === "example-till-key");
  if (!loopback || server === undefined || till === undefined) return undefined;
  return { serverKey: server.key, till };
}
