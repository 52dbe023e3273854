/** What the brain of a worker is given: its stores, its clocks and its ways out. */
import type { History } from "../history/port.ts";
import type { Clock, Random, Timers } from "../model/clock.ts";
import type { Epoch, NodeId, ShardId } from "../model/ids.ts";
import type { HashKey } from "../model/keyed-hash.ts";
import type { PlanLoader } from "../model/plan.ts";
import type { AppendRequest, HotStore } from "../store/port.ts";
import type { TurnTiming } from "./appender.ts";
import type { DeliveryWay } from "./delivery-way.ts";
import type { GentleLoader } from "./plan-shelf.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { FromShard, Origin, ParsedEvent, PeerMessage } from "./port.ts";
import type { Restoring } from "./restoring-port.ts";
import type { LinkId } from "./watches.ts";
import type { Packing } from "../profile/port.ts";

export interface ShardHostOptions {
  readonly node: NodeId;
  readonly store: HotStore;
  /** Its `store` is then the one that knows what is still to be filled. */
  readonly restoring?: Restoring;
  readonly history: Pick<History, "receipt" | "records" | "watermarks"> | undefined;
  readonly loadPlan: PlanLoader;
  /** The same beside events, in slices; at once when absent. */
  readonly loadPlanGently?: GentleLoader;
  /** Runs steps beside events, in slices; when absent no plan is rehearsed. */
  readonly runGently?: (steps: Generator<void, void, void>) => Promise<void>;
  /**
   * Resolves when messages that have come and appends that have returned have been seen to; before each turn. Node hands
   * out messages as long as there are any: a turn begun among them would hold up the answers of the turns before it.
   */
  readonly othersFirst?: () => Promise<void>;
  /** `route`: a receipt's begin at RECEIPT_AT_CELL. */
  readonly parse: (body: Uint8Array, origin: Origin, route: number) => ParsedEvent;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly cacheBytesMax: number;
  /** Of cells in memory; absent: drawn. */
  readonly hashKey?: HashKey | undefined;
  readonly packing?: Packing | undefined;
  /** So many messages are worth a turn beside an append that is on its way; `turnAheadEventsMin` when absent. */
  readonly aheadEventsMin?: number | undefined;
  /** Out to a link: answers and pushes, to the link their request came by. */
  readonly send: (link: LinkId, message: FromShard) => void;
  /** Out to another shard's owner wherever it is; may be one of our own. */
  readonly sendPeer: (message: PeerMessage) => void;
  readonly onShard: (shard: ShardId, state: "recovering" | "owned" | "lost", epoch: Epoch) => void;
  /** Steps of a turn in milliseconds, for metrics. */
  readonly onTurn?: (timing: TurnTiming) => void;
  /** A batch is durable, with how often it set off each trigger; for the live feed and for metrics. */
  readonly onAppended?: (request: AppendRequest, fired: ReadonlyMap<string, number> | undefined) => void;
  /** undefined: what triggers set off waits, and nothing is sent from here. */
  readonly delivery?: DeliveryWay;
  readonly planted?: PlantedBugs;
}
