/**
 * A shard's people and cells folded anew from its records, by the very fold that live processing and recovery use, into
 * plain maps: nothing is stored, nothing is evicted, and what the shard keeps beside its people (messages, orders) is left
 * out. Each person goes through every plan that was in force, in order, so that what a plan had no use for is dropped as
 * it was then. It begins with nobody, or with the people and the small state of a snapshot.
 */
import type { CellKey } from "../model/identifier.ts";
import type { Epoch, Instant, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord } from "../model/record.ts";
import { decodeProfile, isEmptied, type Profile, rebase } from "../profile/port.ts";
import { type FoldedInto, fold, profileOfRecord } from "./fold.ts";
import { Shard } from "./shard.ts";
import type { StoredMeta } from "./stored-meta.ts";

export interface FoldedPerson {
  profile: Profile;
  /** Number of the plan that the profile was last brought to. */
  planAt: number;
  /** Position of the record that began the profile. */
  readonly since: Position;
  /** Who compares keeps here as of which record; undefined: nobody has. */
  comparedAt: Position | undefined;
}

export interface RefoldOptions {
  readonly shard: ShardId;
  readonly shards: number;
  /** Until a record names one. */
  readonly plan: Plan;
  /** The epoch under which the shard is to be stored: then its messages, plans and orders are folded, too. */
  readonly epoch?: Epoch;
  /** Where it begins, in place of nowhere; `plan` is then the one of the rows. */
  readonly base?: RefoldBase | undefined;
  readonly onCell: (key: CellKey, holder: ProfileId, at: { readonly position: Position }) => void;
}

export interface RefoldBase {
  readonly meta: StoredMeta;
  /** People are read when a record is about them. A row may be ahead of the small state. */
  readonly personOf: (id: ProfileId) => { readonly row: Uint8Array; readonly since: Position } | undefined;
}

/** Positions after which answered messages are let go of. */
const FORGET_EVERY = 1_000;

/** Keeps no books of what is to be stored. */
class UnstoredShard extends Shard {
  override bindCell(): void {
    // Heard of by `addCell`.
  }
  override markDirty(profile: Profile, position: Position): void {
    profile.position = position;
  }
}

export class Refold {
  /** Of a fold that began with a snapshot those that were asked for; `person` has all. */
  readonly people = new Map<ProfileId, FoldedPerson>();
  /** In order; a plan that came again is in it again. */
  readonly plans: Plan[];
  readonly #shard: UnstoredShard;
  readonly #keepsState: boolean;
  readonly #into: FoldedInto;
  readonly #base: RefoldBase | undefined;
  #position: Position = 0;
  /** Who was asked for last. */
  #latest: FoldedPerson | undefined;

  constructor({ shard, shards, plan, epoch, base, onCell }: RefoldOptions) {
    this.plans = [plan];
    this.#base = base;
    this.#shard = new UnstoredShard(shard, epoch ?? 0, plan);
    this.#keepsState = epoch !== undefined;
    if (base !== undefined) {
      this.#shard.takeMeta(base.meta);
      this.#shard.position = base.meta.position;
    }
    // Messages, plans and orders are not folded for nothing: they would be kept for ever.
    if (!this.#keepsState) this.#shard.metaPosition = Number.POSITIVE_INFINITY;
    this.#into = {
      shards,
      profile: (id) => this.person(id)?.profile ?? null,
      addProfile: (profile) => this.#put(profile),
      addCell: (key, holder) => {
        if (holder !== null) onCell(key, holder, { position: this.#position });
      },
      resized: () => undefined,
    };
  }

  /** The shard's small state, where it is folded too. */
  get state(): Shard {
    return this.#shard;
  }

  get plan(): Plan {
    return this.#shard.plan;
  }

  /** Whether no other plan than the one that it began with has come. */
  get isOfOnePlan(): boolean {
    return this.plans.every((plan) => plan === this.plans[0]);
  }

  beginPlan(plan: Plan): void {
    if (this.plans.length === 1 && this.people.size === 0 && this.#base === undefined) this.plans.length = 0;
    this.plans.push(plan);
    this.#shard.plan = plan;
  }

  person(id: ProfileId): FoldedPerson | undefined {
    // Asked for several times a record, and a look into a map of all takes longer than what is done with what it gives.
    if (this.#latest?.profile.id === id) return this.#latest;
    this.#latest = this.#personOf(id);
    return this.#latest;
  }

  #personOf(id: ProfileId): FoldedPerson | undefined {
    const known = this.people.get(id);
    if (known !== undefined || this.#base === undefined) return known;
    const kept = this.#base.personOf(id);
    if (kept === undefined) return undefined;
    const profile = decodeProfile(kept.row, this.plans[0] as Plan, id);
    const person = { profile, planAt: 0, since: kept.since, comparedAt: undefined };
    this.people.set(id, person);
    return person;
  }

  /** The person's profile as of the plan that is in force now. */
  bring(person: FoldedPerson): Profile {
    const { profile } = person;
    while (person.planAt < this.plans.length - 1) {
      person.planAt += 1;
      const plan = this.plans[person.planAt];
      if (plan !== undefined && plan !== profile.plan) rebase(profile, plan);
    }
    return profile;
  }

  /** @throws CorruptShardError when what the record is about was never begun */
  fold(record: JournalRecord, position: Position, instant: Instant): void {
    const id = profileOfRecord(record);
    const person = id === undefined ? undefined : this.person(id);
    if (person !== undefined) this.bring(person);
    this.#position = position;
    fold({ shard: this.#shard, residents: this.#into, instant }, record, position);
    if (this.#keepsState) this.#moveOn(position, instant);
  }

  /**
   * A record of somebody who is not among these people: only what the shard as a whole remembers of it is folded.
   * @param record undefined: it is about that person only
   */
  pass(record: JournalRecord | undefined, position: Position, instant: Instant): void {
    const { peers } = this.#shard;
    if (record?.kind === "sent") peers.foldSent(record.to, record.n, record.body, position);
    else if (record?.kind === "received") peers.foldReceived(record.from, record.n, record.result, position);
    else if (record?.kind === "answered") peers.foldAnswered(record.to, record.n);
    if (this.#keepsState) this.#moveOn(position, instant);
  }

  /** Of answered messages nothing is kept: an answer that is asked for again is asked for under a new number. */
  #moveOn(position: Position, instant: Instant): void {
    const shard = this.#shard;
    shard.metaPosition = Math.max(shard.metaPosition, position);
    shard.position = Math.max(shard.position, position);
    shard.instant = Math.max(shard.instant, instant);
    if (position % FORGET_EVERY !== 0) return;
    for (const other of shard.peers.neighbours) shard.peers.dropBodies(other, Number.POSITIVE_INFINITY);
    for (let from = 0; from < this.#into.shards; from++)
      shard.peers.dropResults(from as ShardId, Number.POSITIVE_INFINITY);
    shard.peers.drained(position);
  }

  #put(profile: Profile): void {
    this.#latest = undefined;
    const known = this.people.get(profile.id);
    const planAt = this.plans.length - 1;
    // Who comes back after having been emptied begins anew.
    const since = known === undefined || isEmptied(known.profile) ? this.#position : known.since;
    this.people.set(profile.id, { profile, planAt, since, comparedAt: known?.comparedAt });
  }
}
