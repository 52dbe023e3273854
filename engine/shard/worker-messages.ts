/**
 * What the main thread and a shard worker say to each other besides frames (an ArrayBuffer each, link-codec.ts). Nothing is
 * checked again: both ends are this program. Commands and frames share one port, so their order is kept.
 */
import type { MessagePort } from "node:worker_threads";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Epoch, NodeId, PlanDigest, Position, ShardId } from "../model/ids.ts";
import type { ToFloor } from "../recommend/port.ts";
import type { Orders } from "../model/orders.ts";
import type { Lease } from "../store/port.ts";
import type { FeedSample } from "./feed-port.ts";
import type { ShardStatus } from "./shard-status.ts";

/** The number of the link to this node's own gateway; links to gateways of other nodes count on from it. */
export const OWN_LINK = 0;
/** Marks frames of messages to other shards, for the router to pass on; no link has this number. */
export const PEERS_LINK = 0xffff_ffff;

/** @typeParam Store how the worker reaches the store */
export interface WorkerSettings<Store> {
  readonly node: NodeId;
  readonly store: Store;
  readonly historyPort: MessagePort | undefined;
  /** A folder for what is not kept in memory while a lost store is put back. */
  readonly scratch?: string;
  /** To the delivery thread; undefined: nothing is delivered from here. */
  readonly deskPort: MessagePort | undefined;
  /** What links in messages are signed with, and where they begin. */
  readonly links: { readonly secret: string; readonly url: string };
  readonly cacheBytesMax: number;
  readonly identifiers: IdentifierRules;
  /** Take a browser's word for who somebody is. */
  readonly trustBrowsers: boolean;
  /** What the brand signs identity tokens with. */
  readonly serverKeys: readonly string[];
}

export type ToWorker =
  | { readonly is: "claim"; readonly call: number; readonly seen: Lease }
  | { readonly is: "release"; readonly call: number; readonly shard: ShardId }
  | { readonly is: "activate"; readonly call: number; readonly plan: PlanDigest }
  | { readonly is: "orders"; readonly orders: Orders }
  | { readonly is: "drained"; readonly shard: ShardId; readonly position: Position }
  /** The connection with this number is gone. */
  | { readonly is: "unlinked"; readonly link: number }
  /** Of the catalogue, or what was learned. */
  | { readonly is: "recommend"; readonly message: ToFloor }
  /** Whether somebody watches what happens. */
  | { readonly is: "feed"; readonly on: boolean }
  | { readonly is: "close" };

export type FromWorker =
  /** `times`: where it counts how long its steps take, in the gateway's form of metrics. */
  | { readonly is: "ready"; readonly times: SharedArrayBuffer }
  | {
      readonly is: "shard";
      readonly shard: ShardId;
      readonly state: "recovering" | "owned" | "lost";
      readonly epoch: Epoch;
    }
  /** `failed`: undefined when it was done. */
  | { readonly is: "called"; readonly call: number; readonly done: boolean; readonly failed: string | undefined }
  /** Once a second. `fired`: how often each trigger, by name, since the last. */
  | {
      readonly is: "status";
      readonly status: Omit<WorkerStatus, "fired">;
      readonly fired: readonly (readonly [string, number])[];
    }
  /** While somebody watches. */
  | { readonly is: "feed"; readonly sample: FeedSample }
  /** Something that an operator should know; one line. */
  | { readonly is: "note"; readonly text: string }
  | { readonly is: "closed" };

export interface WorkerStatus {
  readonly shards: readonly ShardStatus[];
  readonly cacheBytes: number;
  /** Why nothing can be appended at present. */
  readonly trouble: string | undefined;
  /** How often triggers have fired here since the node started, by name. */
  readonly fired: ReadonlyMap<string, number>;
}
