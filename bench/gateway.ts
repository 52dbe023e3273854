/**
 * What the gateway's own thread costs an event, beside the JSON echo, interleaved in one run on the same cores. The
 * router answers at once, so this is framing, admission, hints and replies only.
 */
import { ServerProcess } from "./server-process.ts";
import { sizeOf } from "./sizes.ts";
import { openConnections } from "./socket-load.ts";
import { EventFrames } from "./visits.ts";

const seconds = sizeOf("BENCH_SECONDS", 3);
const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const frames = new EventFrames({ profiles: 100_000, traffic: "visits", seed: 7, startedAt: new Date() });
const sides = ["echo", "gateway"] as const;

for (let round = 1; round <= ROUNDS; round++)
  for (const side of sides) {
    const server = new ServerProcess(side, process.execPath, {
      args: [new URL(`./${side}-server.js`, import.meta.url).pathname],
    });
    const { port } = JSON.parse(await server.firstLine()) as { port: number };
    const load = await openConnections({ host: "127.0.0.1", port, path: "/v1/stream?writeKey=bench" }, 64, frames);
    await load.closedLoop(1, 16);
    const before = server.cpuSeconds();
    const { events, refused, eventsPerSecond } = await load.closedLoop(seconds, 16);
    const cpuUs = ((server.cpuSeconds() - before) / events) * 1e6;
    console.log(
      `${round} ${side.padEnd(8)} ${Math.round(eventsPerSecond).toString().padStart(8)} events/s ${cpuUs.toFixed(2).padStart(6)} us CPU an event, ${refused} refused`,
    );
    load.close();
    await server.stop();
  }
