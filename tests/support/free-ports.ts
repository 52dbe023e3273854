/**
 * Ports for servers that a test starts. They lie below those that a system gives to outgoing connections (32,768 and
 * up on Linux): one of these could take the port between the moment it is found and the moment the server listens.
 */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Server } from "node:net";

const LOWEST = 10_000;
const OUTGOING = 32_768;

/** Ports that were free a moment ago, no two the same: each is held until the last is found. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  while (held.length < count) {
    const port = randomInt(LOWEST, OUTGOING);
    const server = await hold(port);
    if (server !== undefined) held.push({ port, server });
  }
  await Promise.all(held.map(({ server }) => once(server.close(), "close")));
  return held.map(({ port }) => port);
}

export async function freePort(): Promise<number> {
  return (await freePorts(1))[0] as number;
}

/** @returns undefined for a port that somebody has */
async function hold(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
