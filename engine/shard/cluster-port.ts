/** What a node knows of all shards, and asks of those that own them, wherever they are. */
import type { Epoch, NodeId, PlanDigest, Position, ShardId } from "../model/ids.ts";
import type { ToShard } from "./port.ts";
import type { WorkerStatus } from "./worker-messages.ts";

export interface ClusterStatus {
  readonly node: NodeId;
  readonly living: readonly NodeId[];
  readonly plan: PlanDigest | undefined;
  readonly shards: readonly {
    readonly shard: ShardId;
    readonly owner: NodeId | undefined;
    readonly epoch: Epoch;
    readonly state: "away" | "recovering" | "owned" | "remote";
  }[];
  readonly workers: readonly WorkerStatus[];
}

export interface Cluster {
  /** Waits until every worker has loaded the plan, then begins to own shards. */
  start(plan: PlanDigest): Promise<void>;
  /** For the router. */
  send(shard: ShardId, message: ToShard): boolean;
  /** A frame of another node's gateway, by the number of its link. */
  pass(link: number, frame: ArrayBuffer): void;
  unlinked(link: number): void;
  /** All shards decide with this plan as soon as it is loaded. */
  activate(plan: PlanDigest): Promise<void>;
  /** What steers all nodes has just been changed: to be read at once. */
  steered(): void;
  drained(shard: ShardId, position: Position): void;
  /** Whether every shard has an owner that can be reached. */
  isWhole(): boolean;
  status(): ClusterStatus;
  /** Hands over everything, stored as far as there is time, and leaves. */
  close(): Promise<void>;
}
