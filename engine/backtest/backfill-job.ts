/**
 * Fills what a new plan lacks from history, once for all shards, on the node that owns the first of them: waits until every
 * shard has begun the plan and history has come that far, reads each person's past, brings it to wherever they live by
 * now, and at last tells every shard, whose rules then decide. Only what is recorded counts, so a run that is cut short
 * begins again and changes nothing twice; two that run at once do no harm either.
 *
 * Modes: idle (nothing lacks, for the plan that decides now) -> waiting (for shards or for history) -> gathering -> idle.
 */
import { type History, readLineage } from "../history/port.ts";
import { backfillInFlightMax, backfillLookMs } from "../limits.ts";
import type { Timers } from "../model/clock.ts";
import { HistoryUnavailable, StoreUnavailable } from "../model/errors.ts";
import { type PlanDigest, type ProfileId, type ShardId, shardOfProfile } from "../model/ids.ts";
import { type LackingSince, lacksNothing } from "../model/lacking.ts";
import type { Plan, PlanLoader } from "../model/plan.ts";
import type { PastReader } from "./create-past-reader.ts";
import type { BackfilledPerson } from "./gather-past.ts";
import { eventsOfPass } from "./gather-past.ts";
import { LACK_KINDS, lacksOf, passesOf, type ShardLacks } from "./shard-lacks.ts";

type ToShard =
  | { readonly kind: "backfill"; readonly row: string; readonly streams: BackfilledPerson["streams"] }
  | { readonly kind: "warm"; readonly backfilled: LackingSince };

export interface BackfillJobOptions {
  readonly shards: number;
  readonly history: Pick<History, "recordsOf" | "countEvents" | "document" | "watermarks">;
  readonly past: Pick<PastReader, "gather">;
  readonly loadPlan: PlanLoader;
  /** That decides now; undefined before the first. */
  readonly digest: () => PlanDigest | undefined;
  readonly bytesOf: (digest: PlanDigest) => Promise<Uint8Array | undefined>;
  readonly isLeader: () => boolean;
  readonly tell: (
    to: { readonly shard: ShardId; readonly profile: ProfileId | undefined },
    message: ToShard,
    settle: (isDone: boolean) => void,
  ) => void;
  readonly timers: Timers;
  readonly onNote: (note: string) => void;
}

export interface BackfillStatus {
  /** Names of the rules that wait. */
  readonly rules: readonly string[];
  readonly state: "waiting" | "gathering";
  /** Read so far, of how many. */
  readonly events: number;
  readonly eventsAll: number;
  readonly people: number;
}

export interface BackfillJob {
  /** undefined: nothing lacks, or another node sees to it. */
  status(): BackfillStatus | undefined;
  close(): void;
}

export function createBackfillJob(options: BackfillJobOptions): BackfillJob {
  const { shards, history, past, digest, bytesOf, isLeader, tell, timers, onNote } = options;
  const closing = new AbortController();
  /** The plan for which nothing lacks. */
  let settled: PlanDigest | undefined;
  let status: BackfillStatus | undefined;
  let cancel = timers.after(backfillLookMs, look);

  function look(): void {
    void attempt().then((waitMs) => {
      if (!closing.signal.aborted) cancel = timers.after(waitMs, look);
    });
  }

  async function attempt(): Promise<number> {
    const now = digest();
    if (now === undefined || now === settled || !isLeader()) {
      status = undefined;
      return backfillLookMs;
    }
    try {
      await fill(now);
      return backfillLookMs;
    } catch (error) {
      if (closing.signal.aborted || error instanceof Overtaken) return backfillLookMs;
      // Where history or the store is away, it is tried again; what is recorded stands.
      if (!(error instanceof HistoryUnavailable) && !(error instanceof StoreUnavailable)) throw error;
      return backfillLookMs * 10;
    }
  }

  async function fill(now: PlanDigest): Promise<void> {
    const lineage = (await readLineage(history)).of(await history.watermarks());
    const lacks = lacksOf(await history.recordsOf(LACK_KINDS), lineage);
    const bytes = await bytesOf(now);
    if (bytes === undefined || lacks.size < shards || [...lacks.values()].some(({ plan }) => plan !== now)) {
      status = { rules: [], state: "waiting", events: 0, eventsAll: 0, people: 0 };
      return;
    }
    const lacking = [...lacks].filter(([, each]) => !lacksNothing(each.lacking));
    if (lacking.length === 0) {
      settled = now;
      status = undefined;
      return;
    }
    const plan = options.loadPlan(bytes, lacking[0]?.[1].lacking);
    await gather(now, { plan, bytes, lacks: new Map(lacking) });
    for (const [shard, each] of lacking)
      await told(now, { shard, profile: undefined }, { kind: "warm", backfilled: each.lacking });
    const rules = plan.warming?.join(", ") ?? "";
    onNote(
      `${rules === "" ? "what new rules read" : rules}: the past of ${status?.people ?? 0} people is there, and decides`,
    );
    settled = now;
    status = undefined;
  }

  async function gather(
    now: PlanDigest,
    of: { readonly plan: Plan; readonly bytes: Uint8Array; readonly lacks: ReadonlyMap<ShardId, ShardLacks> },
  ): Promise<void> {
    const passes = passesOf(of.lacks);
    let [events, eventsAll, people] = [0, 0, 0];
    for (const pass of passes) eventsAll += await history.countEvents(eventsOfPass(of.plan, pass));
    const tellStatus = (): void => {
      status = { rules: of.plan.warming ?? [], state: "gathering", events, eventsAll, people };
    };
    tellStatus();
    for (const pass of passes)
      await past.gather(
        { plan: of.bytes, pass, shards },
        async (found, more) => {
          await bring(now, found);
          events += more;
          people += found.length;
          tellStatus();
        },
        closing.signal,
      );
  }

  /** All of them, a bounded number at a time. */
  async function bring(now: PlanDigest, found: readonly BackfilledPerson[]): Promise<void> {
    let next = 0;
    const one = async (): Promise<void> => {
      for (let person = found[next++]; person !== undefined; person = found[next++]) {
        const { profile, row, streams } = person;
        const message = { kind: "backfill", row: Buffer.from(row).toString("base64"), streams } as const;
        await told(now, { shard: shardOfProfile(profile, shards), profile }, message);
      }
    };
    await Promise.all(Array.from({ length: Math.min(backfillInFlightMax, found.length) }, one));
  }

  /** Repeated until it is recorded. @throws Overtaken when another plan decides meanwhile */
  async function told(now: PlanDigest, to: Parameters<typeof tell>[0], message: ToShard): Promise<void> {
    for (;;) {
      if (closing.signal.aborted || digest() !== now || !isLeader()) throw new Overtaken();
      if (await new Promise<boolean>((resolve) => tell(to, message, resolve))) return;
      await new Promise<void>((resolve) => timers.after(backfillLookMs, resolve));
    }
  }

  return {
    status: () => status,
    close() {
      cancel();
      closing.abort(new Overtaken());
    },
  };
}

/** Another plan decides now, or another node leads. */
class Overtaken extends Error {
  constructor() {
    super("the backfill is not wanted any more");
    this.name = "Overtaken";
  }
}
