/**
 * An engine with many profiles in it, filled the only way there is: by events over its socket. Shared by the benches of
 * start-up, takeover and memory, which measure something else than events.
 */
import { fileURLToPath } from "node:url";
import type { RunningEngine } from "./engine-process.ts";
import { openConnections } from "./socket-load.ts";
import type { Load, LoadTarget } from "./socket-load.ts";
import { EventFrames } from "./visits.ts";
import type { Traffic } from "./visits.ts";

/** The tree, from dist/bench/. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONNECTIONS = 64;
const PIPELINE = 16;
const SERVER_KEY = "example-server-key";

export function serverTarget({ port }: Pick<RunningEngine, "port">): LoadTarget {
  return { host: "127.0.0.1", port, path: `/v1/stream?writeKey=${SERVER_KEY}` };
}

export function loadOf(
  target: LoadTarget,
  {
    profiles,
    seed,
    traffic = "visits",
  }: { readonly profiles: number; readonly seed: number; readonly traffic?: Traffic },
): Promise<Load> {
  return openConnections(target, CONNECTIONS, new EventFrames({ profiles, traffic, seed, startedAt: new Date() }));
}

/** Every visitor sends `eventsEach` events, each visitor's spread over the whole fill. @returns events a second */
export async function fillProfiles(
  engine: Pick<RunningEngine, "port">,
  profiles: number,
  eventsEach = 1,
  onProgress: (share: number) => void = () => undefined,
): Promise<number> {
  const total = profiles * eventsEach;
  let next = 0;
  let refused = 0;
  const frames = new EventFrames({ profiles, traffic: "uniform", seed: 3, startedAt: new Date() });
  frames.createVisitor = () => () => next++ % profiles;
  const load = await openConnections(serverTarget(engine), CONNECTIONS, frames);
  const startMs = performance.now();
  // A little more than all: the last events of a round may be cut off by its end.
  while (next < total + CONNECTIONS * PIPELINE) {
    refused += (await load.closedLoop(2, PIPELINE)).refused;
    onProgress(Math.min(1, next / total));
  }
  load.close();
  if (refused > 0) throw new Error(`${refused} events were refused while filling`);
  return next / ((performance.now() - startMs) / 1000);
}

/** Whether the engine knows the visitor of that number, and decides for it. */
export async function isKnown({ port }: Pick<RunningEngine, "port">, visitor: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/decide`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}`,
    },
    body: JSON.stringify({ anonymousId: `v-${String(visitor).padStart(8, "0")}` }),
  });
  const answer = (await response.json()) as { readonly known?: boolean };
  return response.ok && answer.known === true;
}
