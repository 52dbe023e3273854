/**
 * Snapshots of what a night has compared and found equal: pages of each shard while it is at it, the end of all of them
 * when the whole night is done, for a merge is proven only when both of its shards were looked at. A shard with any
 * difference, or whose plan changed on the way, keeps the snapshot it had.
 */
import type { SnapshotHead } from "../history/port.ts";
import type { Position, ProfileId, ShardId } from "../model/ids.ts";
import { readRowHead } from "../profile/port.ts";
import { snapshotAgainRecords } from "../limits-of-reconcile.ts";
import { type Compared, isSettled } from "./compare-part.ts";
import type { KeptCell, KeptPerson } from "./snapshot-pages.ts";
import { type ShardState, type Snapshot, SnapshotWriter, type TakenInto } from "./snapshots.ts";

/** Modes: parts are added until one is refused; whatever was refused once is not taken this night. */
export class ShardTaking {
  readonly #writer: SnapshotWriter;
  #state: ShardState | undefined;
  #position: Position = Number.POSITIVE_INFINITY;
  #first: Pick<Compared, "live" | "plan"> | undefined;
  #isRefused = false;

  /** @param take unlike that of any other night */
  constructor(history: TakenInto, of: { readonly shard: ShardId; readonly take: string }) {
    this.#writer = new SnapshotWriter(history, of);
  }

  /** One part in which nothing differs; undefined: something does. */
  async add(compared: Compared | undefined): Promise<void> {
    if (compared === undefined || this.#isRefused || !this.#fits(compared)) {
      this.#isRefused = true;
      return;
    }
    // Of the first part only that is kept: its people go.
    this.#first ??= { live: compared.live, plan: compared.plan };
    this.#state ??= compared.folded.state;
    this.#position = Math.min(this.#position, compared.live.watermark);
    const personOf = (id: ProfileId): KeptPerson | undefined => keptPerson(compared, id);
    await this.#writer.add(compared.people.keys(), personOf, cellsOf(compared));
  }

  /** Once all parts were added; undefined: the shard keeps the snapshot it had. */
  head(): SnapshotHead | undefined {
    const [first, state] = [this.#first, this.#state];
    if (this.#isRefused || first === undefined || state === undefined) return undefined;
    // A plan's record in between would be met again by rows that it has been applied to.
    if ((first.live.meta.plans.at(-1)?.[0] ?? 0) > this.#position) return undefined;
    return this.#writer.head(this.#position, { plan: first.plan.digest, state });
  }

  #fits(compared: Compared): boolean {
    const { live, plan } = compared;
    const isSamePlan = this.#first === undefined || samePlans(this.#first, compared);
    return isSettled(live) && isSamePlan && live.meta.plans.at(-1)?.[1] === plan.digest && live.watermark > 0;
  }
}

function samePlans(a: Pick<Compared, "live">, b: Pick<Compared, "live">): boolean {
  return JSON.stringify(a.live.meta.plans) === JSON.stringify(b.live.meta.plans);
}

/** Fewer records than that are folded as soon as they are read from a snapshot. */
export function isWorthTaking(snapshot: Snapshot | undefined, records: number): boolean {
  return snapshot === undefined || records > snapshot.people * snapshotAgainRecords;
}

function keptPerson({ people, folded, base }: Compared, id: ProfileId): KeptPerson | undefined {
  const mark = people.get(id)?.mark;
  if (mark === undefined) return undefined;
  const kept = folded.isTouched(id) ? undefined : base?.personOf(id);
  if (kept !== undefined) return { id, mark, position: kept.position, since: kept.since, row: kept.row };
  const row = folded.rowAt(id);
  if (row === undefined) return undefined;
  return { id, mark, position: readRowHead(row).position, since: folded.refold.person(id)?.since ?? 0, row };
}

/** But for those that have gone from live with what was left of an emptied profile. */
function* cellsOf({ folded, people }: Compared): Generator<KeptCell> {
  for (const [key, { settled, settledAt }] of folded.cells)
    if (settled !== undefined && (people.has(settled) || !folded.isEmptied(settled)))
      yield { key, holder: settled, at: settledAt };
}
