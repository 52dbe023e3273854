/**
 * A live store that is lost is put back by the owners of its shards, as the furthest that a store can go back in time: an
 * owner that finds nothing of a shard begins it from history before it recovers it, one shard after the other. What is as
 * the last night's snapshot has it comes behind (filling.ts), and at once where it is asked for.
 *
 * Killed at any point the next owner does it again: until the shard is whole but for what is left to be filled, its store
 * vouches for nothing.
 */
import { type History, type HistoryWatermark, shardsIn, withLineage } from "../history/port.ts";
import type { Epoch, PlanDigest, Position, ShardId } from "../model/ids.ts";
import type { PlanLoader } from "../model/plan.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import type { HotStore } from "../store/port.ts";
import type { ClaimedShard, Restoring } from "../shard/restoring-port.ts";
import { fillAgainMs, setupAgainMs } from "../limits-of-reconcile.ts";
import { Fillings, type FillingOptions } from "./filling.ts";
import { createPastPlans } from "./past-plans.ts";
import { OvertakenError } from "./piece-writer.ts";
import { type RebuiltShard, standsForHistory } from "./rebuild-shard.ts";
import { type RebuildHistory, rebuildFromSound } from "./sound-beginning.ts";

export interface RestoringOptions extends Pick<FillingOptions, "clock" | "rest" | "later" | "onNote"> {
  readonly store: HotStore;
  readonly history: RebuildHistory & Pick<History, "watermarks" | "drain">;
  readonly loadPlan: PlanLoader;
  /** A folder for what is not kept in memory; undefined: all is read again for each part of a shard. */
  readonly scratch?: string | undefined;
}

export interface MadeRestoring {
  readonly restoring: Restoring;
  /** For whoever owns the shards. */
  readonly store: HotStore;
  close(): void;
}

/** One for each thread that owns shards. */
export function createRestoring(options: RestoringOptions): MadeRestoring {
  const { store, history, later, onNote } = options;
  const plans = plansPutBack(options);
  const planOf = createPastPlans({ plans, history, loadPlan: options.loadPlan });
  const fillings = new Fillings({ ...options, planOf });
  let before: Promise<unknown> = Promise.resolve();

  /** Where the store has nothing of it, and history has. False: it has to be claimed anew. */
  async function beginIfBare(claimed: ClaimedShard): Promise<boolean> {
    if ((await bareEnd(store, claimed.shard)) === undefined) return true;
    // One shard after the other: each folds up to so many people in memory.
    const begun = before.then(() => begin(claimed));
    before = begun.catch(() => undefined);
    return begun;
  }

  async function begin(claimed: ClaimedShard): Promise<boolean> {
    const { shard, epoch } = claimed;
    if (!claimed.wanted()) return false;
    const journalEnd = await bareEnd(store, shard);
    const ends = await history.watermarks();
    const end = ends.get(shard);
    if (journalEnd === undefined || end === undefined || end.position === 0) return true;
    if (end.epoch > epoch) {
      claimed.onOutdone(end.epoch);
      return false;
    }
    if (shardsIn(ends) !== store.shards)
      throw new SetupError(
        `History is of ${shardsIn(ends)} shards, and the live store, which lacks what history has, of ${store.shards}.`,
        "Stop all engines, empty the live store, and start them: with as many shards, or more.",
      );
    if (!(await closeBehind(history, { shard, end, epoch }))) return begin(claimed);
    onNote(`shard ${shard}: the live store has nothing of it, it is begun from history`);
    const unknown = new Set<PlanDigest>();
    const rebuilt = await rebuildFromSound(
      {
        store,
        history: await withLineage(history),
        async planOf({ digest }) {
          const plan = await planOf(digest);
          if (plan === undefined) unknown.add(digest);
          return plan ?? claimed.plan;
        },
        plan: claimed.plan,
        nameOf: (digest) => (unknown.has(digest) ? claimed.plan.digest : digest),
        shard,
        epoch,
        upTo: end.position,
        journalEnd,
        leavesRest: true,
        scratch: options.scratch,
        now: options.clock.now(),
        onRecords: () => {
          if (!claimed.wanted()) throw new OvertakenError(shard);
        },
      },
      planOf,
    );
    onNote(`shard ${shard}: ${toldOf(rebuilt)}`);
    return true;
  }

  async function takeOver(claimed: ClaimedShard): Promise<boolean> {
    const { shard, epoch, keepsAll, wanted } = claimed;
    let told: string | undefined;
    while (wanted()) {
      try {
        if (!keepsAll && !(await beginIfBare(claimed))) return false;
        await fillings.takeOver(shard, epoch);
        return true;
      } catch (error) {
        if (error instanceof OvertakenError) return false;
        // What only a person can mend is told once, and looked for again.
        const isSetup = error instanceof SetupError;
        if (!isSetup && !(error instanceof HistoryUnavailable) && !(error instanceof StoreUnavailable)) throw error;
        if (error.message !== told) onNote(`shard ${shard} waits to be begun from history: ${error.message}`);
        told = error.message;
        await later(isSetup ? setupAgainMs : fillAgainMs);
      }
    }
    return false;
  }

  return {
    store: { ...store, plans, state: fillings.state },
    restoring: {
      takeOver,
      unfilled: (shard) => fillings.unfilled(shard),
    },
    close: () => fillings.close(),
  };
}

/**
 * From here on history takes nothing of whoever owned the shard before: what is still on its way from the journal that was
 * lost would else come to stand where the new one goes on. False: something came first, and is part of what it has.
 */
async function closeBehind(
  history: Pick<History, "drain">,
  { shard, end, epoch }: { readonly shard: ShardId; readonly end: HistoryWatermark; readonly epoch: Epoch },
): Promise<boolean> {
  const nothing = { shard, from: end, to: { epoch, position: end.position }, rows: [] };
  return (await history.drain([nothing])).every((outcome) => outcome === "ok");
}

/** Where the journal ends of a shard that the store has nothing of, or no more than a part that nothing vouches for. */
async function bareEnd({ state, journal }: HotStore, shard: ShardId): Promise<Position | undefined> {
  const stored = await state.loadMeta(shard);
  if ((stored?.watermark ?? 0) > 0) return undefined;
  const end = await journal.last(shard);
  if (end === 0) return 0;
  const [first] = await journal.read(shard, 0, 1);
  return first !== undefined && standsForHistory(first.bytes) ? end : undefined;
}

/** What the store has lost of plans is put back from history, as it is asked for. */
function plansPutBack({ store, history }: Pick<RestoringOptions, "store" | "history">): HotStore["plans"] {
  const { plans } = store;
  return {
    ...plans,
    async get(digest) {
      const standing = await plans.get(digest);
      if (standing !== undefined) return standing;
      try {
        const bytes = (await history.document({ kind: "plan", key: digest }))?.content;
        if (bytes !== undefined) await plans.put(digest, bytes);
        return bytes;
      } catch (error) {
        if (!(error instanceof HistoryUnavailable)) throw error;
        throw new StoreUnavailable(error.message, { cause: error });
      }
    },
  };
}

function toldOf({ profiles, unknown, flaws }: RebuiltShard): string {
  const unsure = unknown === 0 ? "" : `; ${unknown} messages may have been sent, and are not sent again`;
  const flawed = flaws.length === 0 ? "" : `; history has flaws (${flaws.length}): vif reconcile tells them`;
  return `begun from history, ${profiles} profiles folded, the others are filled as they are asked for${unsure}${flawed}`;
}
