/** A control plane on a free port for tests, with answers given by the test and the rest as of an idle engine. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createControlPlane } from "./control-plane.ts";
import type { ControlPlane } from "./control-plane.ts";
import { createLive } from "./live.ts";
import type { Counted, Live } from "./live.ts";
import { createClock, createTimers } from "../create-clock.ts";
import type { ShardReport } from "./port.ts";
import { refusal } from "./refusal.ts";
import type { ControlQuestions } from "./routes.ts";
import type { RulesQuestions } from "./rules-route.ts";
import type { TryQuestions } from "./try-route.ts";

export interface TestControl extends ControlPlane {
  readonly live: Live;
  /** Whether the workers would pass on what happens. */
  isFed(): boolean;
  /** What the engine has counted; to be changed in place. */
  readonly counted: { -readonly [name in keyof Counted]: Counted[name] };
  readonly faults: Error[];
}

/** A shard whose drain is a little behind. */
export const OWNED_SHARD: ShardReport = {
  shard: 0,
  epoch: 1,
  state: "owned",
  position: 9,
  durable: 9,
  checkpoint: 5,
  unfilled: 0,
  drained: 4,
  drain: "draining",
  lagRecords: 5,
  lagSeconds: 0.5,
};

const UNSTEERED = { plans: [], paused: [], pausedChannels: [], stopped: false, folders: [], pending: [] };

export const IDLE: ControlQuestions = {
  report: async () => ({ events: 0, profiles: 0, byEvent: [], transitions: [], watermarks: [] }),
  status: () => ({
    version: "1",
    node: "n",
    startedAt: 0,
    store: "embedded",
    durability: "disk",
    workers: 1,
    shardsTotal: 1,
    shards: [],
    history: { kind: "embedded", rows: 0 },
  }),
  drain: async () => undefined,
  sizes: async () => ({ segments: [] }),
  segments: async (at = 0) => ({ at, profiles: 0, segments: [] }),
  preferences: async () => refusal("not_found"),
  uplift: async () => ({ event: "order_completed", value: "total", withinMs: 1, at: 1, holdouts: [] }),
  profile: async () => refusal("not_found"),
  why: async () => refusal("not_found"),
  strips: async () => refusal("not_found"),
  customers: async () => [],
  rebuildCustomers: async () => 0,
  rules: async () => refusal("busy"),
  steering: async () => UNSTEERED,
  channels: async () => ({ channels: [], paused: [], stopped: false }),
  outbox: async () => ({ dead: [], channels: [] }),
  sendAgain: async () => refusal("not_found"),
  nights: async () => [],
  usePlan: async () => refusal("not_found"),
  order: async () => UNSTEERED,
};

export async function startControl(
  token: string,
  questions: ControlQuestions = IDLE,
  options: {
    readonly port?: number;
    readonly now?: () => number;
    readonly past?: TryQuestions;
    readonly rules?: RulesQuestions;
  } = {},
): Promise<TestControl> {
  const faults: Error[] = [];
  const counted = {
    answered: 0,
    refused: 0,
    decisions: 0,
    answerCounts: [0, 0],
    boundsMs: [1],
    inFlight: 0,
    sockets: 0,
    lagRecords: 0,
    shardsOwned: 1,
    shardsTotal: 1,
  };
  let fed = false;
  const live = createLive({
    counted: () => ({ ...counted }),
    feed: (on) => {
      fed = on;
    },
    reason: (rule, choice) => (choice === undefined ? `the condition of ${rule}` : `choice ${choice} of ${rule}`),
    clock: createClock(),
    timers: createTimers(),
  });
  const plane = await createControlPlane({
    host: "127.0.0.1",
    port: options.port ?? 0,
    token,
    live,
    ruleSchemas: [{ name: "segment.schema.json", schema: { title: "Segment" } }],
    pageFolder: fileURLToPath(new URL("./page", import.meta.url)),
    questions,
    past: options.past ?? {
      trial: async () => refusal("busy"),
      tryRule: () => Promise.reject(new Error("nothing can be tried here")),
    },
    rules: options.rules ?? { judge: () => Promise.reject(new Error("no rules are judged here")) },
    recommend: {
      run: () => Promise.reject(new Error("nothing is learned here")),
      importFile: async () => ({ taken: 0, rejected: [], repeated: [], free: [], full: 0 }),
    },
    night: {
      reconcile: () => Promise.reject(new Error("nothing is compared here")),
      doAll: () => Promise.reject(new Error("there is no night here")),
      retain: () => Promise.reject(new Error("nothing goes here")),
      score: () => Promise.reject(new Error("nobody is scored here")),
      backUp: () => Promise.reject(new Error("nothing is backed up here")),
    },
    makeId: randomUUID,
    now: options.now ?? Date.now,
    onFault: (error) => void faults.push(error),
  });
  return { ...plane, live, isFed: () => fed, counted, faults };
}
