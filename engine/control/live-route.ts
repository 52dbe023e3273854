/**
 * `GET /v1/live`: server-sent events (HTML standard, 9.2) of what happens on this node. The answer goes on until the
 * watcher leaves or the engine stops. A watcher that does not read misses entries; what waits for it is bounded.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { liveBufferedBytesMax } from "../limits.ts";
import { LIVE_WANTS } from "./live.ts";
import type { Live, LiveWant } from "./live.ts";
import { LiveQuery } from "./live-port.ts";
import { sendProblem } from "./login-routes.ts";
import { createQueryReader } from "./question-reader.ts";
import { isRefusal } from "./refusal.ts";

export function addLiveRoute(
  server: FastifyInstance,
  live: Live,
  onRequest: (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => Promise<void>,
): void {
  const readQuery = createQueryReader(LiveQuery);
  server.get("/v1/live", { onRequest }, (request, reply) => {
    const asked = readQuery(request.query);
    if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
    const wants = wantsOf(asked.only);
    if (wants === undefined)
      return sendProblem(reply, "invalid_field", `\`only\` names some of ${LIVE_WANTS.join(", ")}, with commas.`);
    const { raw } = reply;
    const end = live.watch({
      wants,
      send(name, text) {
        if (raw.writableLength > liveBufferedBytesMax) return false;
        raw.write(name === "" ? ":\n\n" : `event: ${name}\ndata: ${text}\n\n`);
        return true;
      },
    });
    if (end === undefined) return sendProblem(reply.header("retry-after", 5), "busy");
    reply.hijack();
    raw.on("close", end);
    raw.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      // For proxies that gather before they pass on.
      "x-accel-buffering": "no",
    });
    raw.write(":\n\n");
    return reply;
  });
}

function wantsOf(only: string | undefined): ReadonlySet<LiveWant> | undefined {
  if (only === undefined) return new Set(LIVE_WANTS);
  const names = only.split(",");
  const known = LIVE_WANTS.filter((want) => names.includes(want));
  return known.length === names.length && known.length > 0 ? new Set(known) : undefined;
}
