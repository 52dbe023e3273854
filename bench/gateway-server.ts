/** A gateway alone, for gateway.ts: real in all but the router, which answers every event in the next task unparsed. */
import { randomUUID } from "node:crypto";
import { createGateway } from "../engine/gateway/gateway.ts";
import { createGatewayMetrics } from "../engine/gateway/metrics.ts";
import type { EventRouter, FinalAnswer } from "../engine/gateway/router-port.ts";
import { routingHint } from "../engine/gateway/routing-hint.ts";
import type { PlanDigest, ProfileId, SourceId } from "../engine/model/ids.ts";

const waiting: { readonly messageId: string; readonly done: (answer: FinalAnswer) => void }[] = [];
let kept = 0;

const router: EventRouter = {
  createLane: () => ({ lane: 0 }),
  event(_lane, body, _options, done) {
    kept += routingHint(body)?.value.length ?? 0;
    // As a link would: the bytes are copied, and the id comes back from elsewhere.
    const copy = Buffer.from(body);
    if (waiting.push({ messageId: copy.toString("latin1", 14, 27), done }) === 1) setImmediate(answerAll);
  },
  read: () => undefined,
  watch: () => () => undefined,
  get inFlight() {
    return waiting.length;
  },
};

function answerAll(): void {
  for (const { messageId, done } of waiting.splice(0))
    done({
      is: "applied",
      messageId,
      profile: "a3f0199a1b2c3d4e5f607182" as ProfileId,
      resolved: true,
      created: false,
      visitor: undefined,
      decisions: undefined,
      plan: "p" as PlanDigest,
    });
}

const gateway = await createGateway({
  host: "127.0.0.1",
  port: 0,
  keys: {
    keys: [{ name: "bench" as SourceId, key: "bench", kind: "server", origins: undefined }],
    allowOrigins: [],
    loopback: true,
  },
  visitorSecrets: ["bench"],
  identifiers: {},
  router,
  metrics: createGatewayMetrics(() => waiting.length),
  clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
  timers: {
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  },
  makeId: randomUUID,
  onFault: (text) => console.error(text),
  ready: () => kept >= 0,
});
process.stdout.write(`${JSON.stringify({ port: gateway.port })}\n`);
