/** A real gateway on a free port of this machine, in front of the memory router, and what tests send to it. */
import { randomUUID } from "node:crypto";
import { createGateway } from "../../engine/gateway/gateway.ts";
import type { Gateway, GatewayOptions } from "../../engine/gateway/gateway.ts";
import { createGatewayMetrics } from "../../engine/gateway/metrics.ts";
import type { GatewayMetrics } from "../../engine/gateway/metrics.ts";
import type { Timers } from "../../engine/model/clock.ts";
import type { SourceId } from "../../engine/model/ids.ts";
import { createMemoryRouter } from "./memory-router.ts";
import type { MemoryRouter } from "./memory-router.ts";

export const BROWSER_KEY = "browser-key-0123456789";
export const SERVER_KEY = "server-key-0123456789";
export const SHOP = "https://shop.example";

/** Real timers, whose time can also be let pass at once. */
function createTimers(): Timers & { elapse(): void } {
  const pending = new Map<NodeJS.Timeout, () => void>();
  return {
    after(delayMs, task) {
      const timer = setTimeout(() => {
        pending.delete(timer);
        task();
      }, delayMs);
      pending.set(timer, task);
      return () => {
        clearTimeout(timer);
        pending.delete(timer);
      };
    },
    elapse() {
      for (const [timer, task] of [...pending]) {
        clearTimeout(timer);
        pending.delete(timer);
        task();
      }
    },
  };
}

export interface RunningGateway extends Gateway {
  readonly url: string;
  readonly router: MemoryRouter;
  readonly metrics: GatewayMetrics;
  /** What was told of connections that were closed for a fault of the gateway. */
  readonly faults: string[];
  ready: boolean;
  /** Everything that waits for a time happens now. */
  elapse(): void;
}

/** What its links in messages are signed with. */
export const LINK_SECRET = "visitor secret";

const FORM = {
  brand: "A shop",
  tracking: undefined,
  purposes: [{ name: "news", title: { "": "News" }, channels: ["email"], unasked: "refused" }],
} as const;

export async function startGateway(port = 0, mounts?: GatewayOptions["mounts"]): Promise<RunningGateway> {
  const identifiers = { defaultCountry: "FR" };
  const router = createMemoryRouter({ identifiers, trustBrowsers: false, serverKeys: [SERVER_KEY] });
  const metrics = createGatewayMetrics(() => router.inFlight);
  const state = { ready: true };
  const timers = createTimers();
  const faults: string[] = [];
  const gateway = await createGateway({
    host: "127.0.0.1",
    port,
    keys: {
      keys: [
        { name: "site" as SourceId, key: BROWSER_KEY, kind: "browser", origins: [SHOP] },
        { name: "api" as SourceId, key: SERVER_KEY, kind: "server", origins: undefined },
      ],
      allowOrigins: [],
      loopback: true,
    },
    visitorSecrets: [LINK_SECRET],
    links: { url: "https://vif.example", consentForm: async () => FORM },
    identifiers,
    router,
    metrics,
    clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
    timers,
    makeId: randomUUID,
    ready: () => state.ready,
    onFault: (text) => void faults.push(text),
    ...(mounts !== undefined && { mounts }),
  });
  return {
    port: gateway.port,
    url: `http://127.0.0.1:${gateway.port}`,
    router,
    metrics,
    faults,
    get ready() {
      return state.ready;
    },
    set ready(value) {
      state.ready = value;
    },
    elapse: () => timers.elapse(),
    close: () => gateway.close(),
  };
}

export function basic(key: string): string {
  return `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
}

export function track(fields: object = {}): Record<string, unknown> {
  return { type: "track", event: "Product Viewed", messageId: randomUUID(), anonymousId: randomUUID(), ...fields };
}
