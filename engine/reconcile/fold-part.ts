/**
 * A part of a shard folded from history, for comparing: people and cells of some slots, each person as of the position that
 * the live store had applied to them. What comes after is either left out, or, for those who are looked at closely, folded
 * on beside, so that they can be put right as of now.
 *
 * It begins with the first record, or with a snapshot and the records after it.
 *
 * A live row is known to hold all that its shard's checkpoint vouches for: a record at or below the watermark that the row
 * has not got was lost.
 */
import { slotOfCell } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import {
  type Epoch,
  type Instant,
  type Position,
  type ProfileId,
  type ShardId,
  type Slot,
  slotOfProfile,
} from "../model/ids.ts";
import { fieldsFolded } from "../model/fields-folded.ts";
import type { FieldChoice } from "../model/json-fields.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord } from "../model/record.ts";
import { decodeToFold } from "../model/record-codec.ts";
import { encodeProfile, isEmptied, type Profile, decodeProfile } from "../profile/port.ts";
import { CorruptShardError, parseMeta, profileOfRecord, Refold } from "../shard/refold-port.ts";
import { type FoundRow, type HistoryFlaw, openRow } from "./history-records.ts";
import { ShardMessages } from "./shard-messages.ts";
import type { ShardState, SnapshotPart } from "./snapshots.ts";

export interface PartOptions {
  readonly shard: ShardId;
  readonly shards: number;
  readonly plan: Plan;
  readonly planOf: (record: Extract<JournalRecord, { kind: "plan" }>) => Promise<Plan>;
  readonly isOurs: (slot: Slot) => boolean;
  /** Whether what is of the shard as a whole, such as messages to others, is folded, too: once a shard. */
  readonly withState: boolean;
  /** undefined: from the first record on. */
  readonly base: SnapshotPart | undefined;
  /** The position that live has applied to a person; undefined: live has nobody. */
  readonly liveAt: (id: ProfileId) => Position | undefined;
  /** All that is stored holds at least the records up to here. */
  readonly watermark: Position;
  /** Whom to look at closely; undefined: nobody. */
  readonly closely?: ReadonlySet<string> | undefined;
}

/** A person as of live's position, where records follow it. */
interface Behind {
  /** undefined: nothing is folded after it. */
  readonly row: Uint8Array | undefined;
  readonly position: Position;
  lacksSettled: boolean;
}

export interface FoldedCell {
  /** Bound at or below the watermark: live must lead there, or further on. */
  settled: ProfileId | undefined;
  settledAt: Instant;
  later: readonly ProfileId[];
}

/** How closely looked at people's records are told. */
export interface ToldRecord {
  readonly position: Position;
  readonly kind: string;
}

export class FoldedPart {
  readonly refold: Refold;
  readonly cells = new Map<CellKey, FoldedCell>();
  readonly messages: ShardMessages;
  readonly flaws: HistoryFlaw[] = [];
  /** Whose records contradict each other. */
  readonly broken = new Set<ProfileId>();
  readonly told = new Map<ProfileId, ToldRecord[]>();
  records = 0;
  /** Instant of the last record. */
  instant: Instant = 0;
  /** Of the records up to the watermark; undefined: not folded. */
  state: ShardState | undefined;
  readonly #behind = new Map<ProfileId, Behind>();
  readonly #rows = new Map<ProfileId, Uint8Array>();
  readonly #options: PartOptions;
  #choice: { readonly plan: Plan; readonly fields: FieldChoice | undefined } | undefined;

  constructor(options: PartOptions) {
    const { shard, shards, base, watermark, withState } = options;
    this.#options = options;
    this.messages = new ShardMessages(watermark, base?.snapshot.state);
    this.refold = new Refold({
      shard,
      shards,
      plan: base?.snapshot.plan ?? options.plan,
      base,
      ...(withState && { epoch: FIRST_EPOCH }),
      onCell: (key, holder, { position }) => this.#bound(key, holder, position),
    });
    for (const { key, holder, at } of base?.cells ?? [])
      this.cells.set(key, { settled: holder, settledAt: at, later: NONE });
  }

  /** Of what the snapshot has no more is taken than what is wrong with it. Rejects as `rows` does. */
  async read(rows: AsyncIterable<readonly FoundRow[]>): Promise<void> {
    const { watermark, isOurs, planOf } = this.#options;
    const from = this.#options.base?.snapshot.position ?? 0;
    const decode = (bytes: Uint8Array): JournalRecord => decodeToFold(bytes, this.#fieldsOf(this.refold.plan));
    for await (const page of rows)
      for (const found of page) {
        const read = "flaw" in found ? found : openRow(found, isOurs, decode);
        if ("flaw" in read) {
          this.flaws.push(read.flaw);
          continue;
        }
        const { position, instant, record } = read.row;
        if (position <= from) continue;
        this.records += 1;
        this.instant = Math.max(this.instant, instant);
        if (position > watermark) this.#keepState();
        if (record?.kind === "plan") this.refold.beginPlan(await planOf(record));
        this.#take(record, position, instant);
      }
    this.#keepState();
  }

  /** By the plan that is in force at the record. */
  #fieldsOf(plan: Plan): FieldChoice | undefined {
    if (this.#choice?.plan !== plan) this.#choice = { plan, fields: fieldsFolded(plan) };
    return this.#choice.fields;
  }

  /** Whether any record was about them; of a snapshot's people only who was asked for is in memory. */
  isTouched(id: ProfileId): boolean {
    return this.refold.people.has(id);
  }

  /** The person's profile as of what live has applied; undefined: by the records there is nobody. */
  profileAt(id: ProfileId): Profile | undefined {
    const person = this.refold.person(id);
    if (person === undefined) return undefined;
    const profile = this.refold.bring(person);
    const behind = this.#behind.get(id);
    if (behind?.row !== undefined) return decodeProfile(behind.row, this.refold.plan, id);
    if (behind !== undefined) profile.position = behind.position;
    return profile;
  }

  /** The same as it is stored, once all records are read. */
  rowAt(id: ProfileId, profile = this.profileAt(id)): Uint8Array | undefined {
    const known = this.#rows.get(id);
    if (known !== undefined || profile === undefined) return known;
    const row = this.#behind.get(id)?.row ?? encodeProfile(profile);
    this.#rows.set(id, row);
    return row;
  }

  /** The person's profile as of all records; of those who are looked at closely. */
  profileNow(id: ProfileId): Profile | undefined {
    const person = this.refold.person(id);
    return person && this.refold.bring(person);
  }

  /** Nothing is left of the person by the records, so that live need not have them. */
  isEmptied(id: ProfileId): boolean {
    const profile = this.refold.person(id)?.profile;
    return profile !== undefined && isEmptied(profile);
  }

  /** Records that live vouches for came after the live row. */
  isStale(id: ProfileId): boolean {
    return this.#behind.get(id)?.lacksSettled === true;
  }

  /** Whether any record follows the live row. */
  hasMoved(id: ProfileId): boolean {
    return this.#behind.has(id);
  }

  /** @param record undefined: of somebody else */
  #take(record: JournalRecord | undefined, position: Position, instant: Instant): void {
    const { withState, isOurs } = this.#options;
    if (withState && record !== undefined) this.messages.take(record, position, instant);
    const id = record && profileOfRecord(record);
    if (record === undefined || (id !== undefined && !isOneOfOurs(record, id, isOurs))) {
      if (withState) this.refold.pass(record, position, instant);
      return;
    }
    if (id !== undefined) this.#beforeRecord(id, record, position);
    const before = id === undefined ? undefined : this.refold.person(id)?.profile.position;
    try {
      this.refold.fold(record, position, instant);
    } catch (error) {
      if (!(error instanceof CorruptShardError) || id === undefined) throw error;
      this.broken.add(id);
    }
    if (id !== undefined) this.#afterRecord(id, record, { position, before });
  }

  /** Before the first record above the watermark. */
  #keepState(): void {
    if (!this.#options.withState || this.state !== undefined) return;
    this.state = { meta: parseMeta(this.refold.state.meta()), ...this.messages.state() };
  }

  #beforeRecord(id: ProfileId, record: JournalRecord, position: Position): void {
    const { liveAt, watermark, closely } = this.#options;
    if (record.kind === "repaired") this.broken.delete(id);
    const person = this.refold.person(id);
    if (person === undefined) return;
    // Whom live does not have is compared as of no record.
    person.comparedAt ??= liveAt(id) ?? Number.POSITIVE_INFINITY;
    if (position <= person.comparedAt || this.#behind.has(id)) return;
    const profile = this.refold.bring(person);
    const goesOn = position <= watermark || closely?.has(id) === true;
    const row = goesOn ? encodeProfile(profile) : undefined;
    this.#behind.set(id, { row, position: profile.position, lacksSettled: false });
    // What is in the state already is not folded again.
    if (!goesOn) profile.position = Number.MAX_SAFE_INTEGER;
  }

  #afterRecord(
    id: ProfileId,
    record: JournalRecord,
    { position, before }: { readonly position: Position; readonly before: Position | undefined },
  ): void {
    const { watermark, closely } = this.#options;
    const profile = this.refold.person(id)?.profile;
    const behind = this.#behind.size === 0 ? undefined : this.#behind.get(id);
    if (behind?.row !== undefined && position <= watermark && profile?.position !== before) behind.lacksSettled = true;
    if (record.kind === "ledger" && profile?.position === position && profile.points.balance !== record.balance)
      this.#contradicted(id, position);
    if (closely?.has(id) === true) this.#tell(id, { position, kind: record.kind });
  }

  #tell(id: ProfileId, record: ToldRecord): void {
    const told = this.told.get(id);
    if (told === undefined) this.told.set(id, [record]);
    else told.push(record);
  }

  /** The balance that a record tells is not the sum of the records before it. */
  #contradicted(id: ProfileId, position: Position): void {
    this.broken.add(id);
    if (this.flaws.every(({ from, to }) => position < from || position > to))
      this.flaws.push({ cause: "edited_history", from: position, to: position });
  }

  #bound(key: CellKey, holder: ProfileId, position: Position): void {
    if (!this.#options.isOurs(slotOfCell(key))) return;
    const known = this.cells.get(key);
    if (position <= this.#options.watermark) {
      if (known === undefined) this.cells.set(key, { settled: holder, settledAt: this.instant, later: NONE });
      else Object.assign(known, { settled: holder, settledAt: this.instant });
    } else if (known === undefined) this.cells.set(key, { settled: undefined, settledAt: 0, later: [holder] });
    else known.later = [...known.later, holder];
  }
}

/** Of those that are of one person only, who is not among ours, nothing is read. */
function isOneOfOurs(record: JournalRecord, id: ProfileId, isOurs: (slot: Slot) => boolean): boolean {
  return record.kind === "event" || record.kind === "transition" || isOurs(slotOfProfile(id));
}

/** Nothing is stored under it. */
const FIRST_EPOCH = 1 as Epoch;
const NONE: readonly ProfileId[] = Object.freeze([]);
