/**
 * A part of a shard folded from history, for comparing: people and cells of some slots, each person as of the position that
 * the live store had applied to them. What comes after is either left out, or, for those who are looked at closely, folded
 * on beside, so that they can be put right as of now.
 *
 * A live row is known to hold all that its shard's checkpoint vouches for: a record at or below the watermark that the row
 * has not got was lost.
 */
import type { History } from "../history/port.ts";
import { slotOfCell } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import { type Instant, type Position, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../model/ids.ts";
import { type LackingSince, lackSince, lackWithout, NOTHING_LACKING } from "../model/lacking.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord, PeerBody } from "../model/record.ts";
import { encodeProfile, type Profile, decodeProfile } from "../profile/port.ts";
import { CorruptShardError, profilesOf, Refold } from "../shard/refold-port.ts";
import { type HistoryFlaw, readRecords } from "./history-records.ts";

export interface PartOptions {
  readonly shard: ShardId;
  readonly shards: number;
  readonly plan: Plan;
  readonly planOf: (record: Extract<JournalRecord, { kind: "plan" }>) => Promise<Plan>;
  readonly isOurs: (slot: Slot) => boolean;
  /** Whether messages between shards are looked at, too: once a shard. */
  readonly withMessages: boolean;
  /** The position that live has applied to a person; undefined: live has nobody. */
  readonly liveAt: (id: ProfileId) => Position | undefined;
  /** All that is stored holds at least the records up to here. */
  readonly watermark: Position;
  /** Whom to look at closely; undefined: nobody. */
  readonly closely?: ReadonlySet<string> | undefined;
  readonly onRecords: (records: number) => void;
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

export interface OpenMessage {
  readonly to: ShardId;
  readonly n: number;
  readonly body: PeerBody;
  readonly position: Position;
  readonly at: Instant;
}

/** How closely looked at people's records are told. */
export interface ToldRecord {
  readonly position: Position;
  readonly kind: string;
}

export class FoldedPart {
  readonly refold: Refold;
  readonly cells = new Map<CellKey, FoldedCell>();
  readonly open = new Map<string, OpenMessage>();
  /** Who was sealed by records at or below the watermark, by the message that brings them to whom they went into. */
  readonly seals = new Map<ProfileId, OpenMessage>();
  readonly absorbed = new Map<ProfileId, ProfileId>();
  readonly flaws: HistoryFlaw[] = [];
  /** Whose records contradict each other. */
  readonly broken = new Set<ProfileId>();
  readonly told = new Map<ProfileId, ToldRecord[]>();
  lacking: LackingSince = NOTHING_LACKING;
  records = 0;
  /** Instant of the last record. */
  instant: Instant = 0;
  /** Of open messages the number by what they say. */
  readonly #asked = new Map<string, string>();
  readonly #behind = new Map<ProfileId, Behind>();
  readonly #options: PartOptions;

  constructor(options: PartOptions) {
    const { shard, shards, plan } = options;
    this.#options = options;
    this.refold = new Refold({
      shard,
      shards,
      plan,
      onCell: (key, holder, { position }) => this.#bound(key, holder, position),
    });
  }

  async read(history: Pick<History, "records" | "seals">, upTo: Position): Promise<void> {
    const { shard, onRecords } = this.#options;
    let untold = 0;
    for await (const read of readRecords(history, shard, { after: 0, upTo })) {
      if ("flaw" in read) {
        this.flaws.push(read.flaw);
        continue;
      }
      const { position, instant, record } = read.row;
      this.records += 1;
      this.instant = Math.max(this.instant, instant);
      await this.#take(record, position, instant);
      untold += 1;
      if (untold >= 1000) {
        onRecords(untold);
        untold = 0;
      }
    }
    onRecords(untold);
  }

  /** The person's profile as of what live has applied; undefined: by the records there is nobody. */
  profileAt(id: ProfileId): Profile | undefined {
    const person = this.refold.people.get(id);
    if (person === undefined) return undefined;
    const profile = this.refold.bring(person);
    const behind = this.#behind.get(id);
    if (behind?.row !== undefined) return decodeProfile(behind.row, this.refold.plan, id);
    if (behind !== undefined) profile.position = behind.position;
    return profile;
  }

  /** The person's profile as of all records; of those who are looked at closely. */
  profileNow(id: ProfileId): Profile | undefined {
    const person = this.refold.people.get(id);
    return person && this.refold.bring(person);
  }

  /** Records that live vouches for came after the live row. */
  isStale(id: ProfileId): boolean {
    return this.#behind.get(id)?.lacksSettled === true;
  }

  /** Whether any record follows the live row. */
  hasMoved(id: ProfileId): boolean {
    return this.#behind.has(id);
  }

  async #take(record: JournalRecord, position: Position, instant: Instant): Promise<void> {
    if (record.kind === "plan") {
      this.refold.beginPlan(await this.#options.planOf(record));
      if (record.lacking !== undefined) this.lacking = lackSince(this.lacking, record.lacking, position);
      return;
    }
    if (record.kind === "warmed") this.lacking = lackWithout(this.lacking, record.backfilled);
    if (this.#options.withMessages) this.#message(record, position, instant);
    const [id] = profilesOf(record);
    if (id !== undefined && !this.#options.isOurs(slotOfProfile(id))) return;
    if (id !== undefined) this.#beforeRecord(id, record, position);
    const before = id === undefined ? undefined : this.refold.people.get(id)?.profile.position;
    try {
      this.refold.fold(record, position, instant);
    } catch (error) {
      if (!(error instanceof CorruptShardError) || id === undefined) throw error;
      this.broken.add(id);
    }
    if (id !== undefined) this.#afterRecord(id, record, { position, before });
  }

  #beforeRecord(id: ProfileId, record: JournalRecord, position: Position): void {
    const { liveAt, watermark, closely } = this.#options;
    if (record.kind === "repaired") this.broken.delete(id);
    const live = liveAt(id);
    const person = this.refold.people.get(id);
    if (live === undefined || position <= live || person === undefined || this.#behind.has(id)) return;
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
    const profile = this.refold.people.get(id)?.profile;
    const behind = this.#behind.get(id);
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

  #message(record: JournalRecord, position: Position, at: Instant): void {
    if (record.kind === "sent") {
      const { to, n, body } = record;
      const message = { to, n, body, position, at };
      const said = `${to} ${JSON.stringify(body)}`;
      // What is asked again under a new number need not be answered under the old one.
      const before = this.#asked.get(said);
      if (before !== undefined) this.open.delete(before);
      this.#asked.set(said, `${to} ${n}`);
      this.open.set(`${to} ${n}`, message);
      if (body.ask === "absorb" && position <= this.#options.watermark) this.seals.set(body.loser, message);
    } else if (record.kind === "answered") {
      this.open.delete(`${record.to} ${record.n}`);
      this.#asked.delete(`${record.to} ${JSON.stringify(record.body)}`);
      if (record.body.ask === "absorb" && record.result.is === "refused") this.seals.delete(record.body.loser);
    } else if (record.kind === "received" && record.body.ask === "absorb" && record.result.is === "done")
      this.absorbed.set(record.body.loser, record.body.winner);
  }
}

const NONE: readonly ProfileId[] = Object.freeze([]);
