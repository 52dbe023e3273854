/**
 * Snapshots of what a night has compared and found equal: pages of each shard while it is at it, the end of all of them
 * when the whole night is done, for a merge is proven only when both of its shards were looked at. A shard with any
 * difference, or whose plan changed on the way, keeps the snapshot it had.
 */
import type { Position, ProfileId, ShardId } from "../model/ids.ts";
import { encodeProfile } from "../profile/port.ts";
import { snapshotAgainRecords } from "../limits-of-reconcile.ts";
import { type Compared, isSettled } from "./compare-part.ts";
import type { KeptCell, KeptPerson } from "./snapshot-pages.ts";
import { type ShardState, type Snapshot, SnapshotWriter, type TakenInto } from "./snapshots.ts";

export class TakenSnapshots {
  readonly #history: TakenInto;
  readonly #take: string;
  readonly #whole: ShardTaking[] = [];

  /** @param take unlike that of any other night */
  constructor(history: TakenInto, take: string) {
    this.#history = history;
    this.#take = take;
  }

  begin(shard: ShardId): ShardTaking {
    return new ShardTaking(new SnapshotWriter(this.#history, { shard, take: this.#take }), shard);
  }

  /** All parts of it were added. */
  end(taking: ShardTaking): void {
    if (taking.isWhole) this.#whole.push(taking);
  }

  /** @returns how many were taken */
  async finish(isSound: (shard: ShardId) => boolean): Promise<number> {
    let taken = 0;
    for (const taking of this.#whole) if (isSound(taking.shard) && (await taking.finish())) taken += 1;
    return taken;
  }
}

/** Modes: parts are added until one is refused; whatever was refused once is not taken this night. */
export class ShardTaking {
  readonly shard: ShardId;
  readonly #writer: SnapshotWriter;
  #state: ShardState | undefined;
  #position: Position = Number.POSITIVE_INFINITY;
  #first: Compared | undefined;
  #isRefused = false;

  constructor(writer: SnapshotWriter, shard: ShardId) {
    this.#writer = writer;
    this.shard = shard;
  }

  get isWhole(): boolean {
    return !this.#isRefused && this.#state !== undefined && this.#first !== undefined;
  }

  /** One part in which nothing differs; undefined: something does. */
  async add(compared: Compared | undefined): Promise<void> {
    if (compared === undefined || this.#isRefused || !this.#fits(compared)) {
      this.#isRefused = true;
      return;
    }
    // What is kept of the first part is only its plan: its people go.
    this.#first ??= { ...compared, people: new Map(), base: undefined };
    this.#state ??= compared.folded.state;
    this.#position = Math.min(this.#position, compared.live.watermark);
    await this.#writer.add(peopleOf(compared), cellsOf(compared));
  }

  async finish(): Promise<boolean> {
    const [first, state] = [this.#first, this.#state];
    if (first === undefined || state === undefined) return false;
    // A plan's record in between would be met again by rows that it has been applied to.
    if ((first.live.meta.plans.at(-1)?.[0] ?? 0) > this.#position) return false;
    return this.#writer.finish(this.#position, { plan: first.plan.digest, state });
  }

  #fits(compared: Compared): boolean {
    const { live, plan } = compared;
    const isSamePlan = this.#first === undefined || samePlans(this.#first, compared);
    return isSettled(live) && isSamePlan && live.meta.plans.at(-1)?.[1] === plan.digest && live.watermark > 0;
  }
}

function samePlans(a: Compared, b: Compared): boolean {
  return JSON.stringify(a.live.meta.plans) === JSON.stringify(b.live.meta.plans);
}

/** Fewer records than that are folded as soon as they are read from a snapshot. */
export function isWorthTaking(snapshot: Snapshot | undefined, records: number): boolean {
  return snapshot === undefined || records > snapshot.people * snapshotAgainRecords;
}

function* peopleOf({ people, folded, base }: Compared): Generator<KeptPerson> {
  for (const [id, { mark }] of people) {
    const kept = folded.isTouched(id) ? undefined : base?.personOf(id);
    if (kept !== undefined) yield { ...kept, mark };
    else {
      const person = foldedPerson(folded, id);
      if (person !== undefined) yield { ...person, id, mark };
    }
  }
}

function foldedPerson(folded: Compared["folded"], id: ProfileId): Omit<KeptPerson, "id" | "mark"> | undefined {
  const profile = folded.profileAt(id);
  if (profile === undefined) return undefined;
  return { position: profile.position, since: folded.refold.person(id)?.since ?? 0, row: encodeProfile(profile) };
}

/** But for those that have gone from live with what was left of an emptied profile. */
function* cellsOf({ folded, people }: Compared): Generator<KeptCell> {
  for (const [key, { settled, settledAt }] of folded.cells)
    if (settled !== undefined && (people.has(settled) || !folded.isEmptied(settled)))
      yield { key, holder: settled, at: settledAt };
}
