/**
 * What a shard's records say of its messages to other shards: which wait for their answer, who was given up to whom, and
 * who was taken over. Idempotent below the position that it began with.
 */
import type { Instant, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { JournalRecord, PeerBody } from "../model/record.ts";
import type { ShardState } from "./snapshots.ts";

export interface OpenMessage {
  readonly to: ShardId;
  readonly n: number;
  readonly body: PeerBody;
  readonly position: Position;
  readonly at: Instant;
}

export class ShardMessages {
  readonly open = new Map<string, OpenMessage>();
  /** Who was sealed by records at or below the watermark, by the message that brings them to whom they went into. */
  readonly seals = new Map<ProfileId, OpenMessage>();
  /** In these records and those of the snapshot before. */
  readonly absorbed = new Map<ProfileId, ProfileId>();
  /** Of them those of these records. */
  readonly #absorbedLately = new Map<ProfileId, ProfileId>();
  /** Of open messages the number by what they say. */
  readonly #asked = new Map<string, string>();
  readonly #watermark: Position;
  readonly #from: Position;

  constructor(watermark: Position, begun: ShardState | undefined) {
    this.#watermark = watermark;
    this.#from = begun?.meta.position ?? 0;
    for (const message of begun?.open ?? []) this.#put(message);
    for (const [loser, winner] of begun?.absorbed ?? []) this.absorbed.set(loser, winner);
  }

  take(record: JournalRecord, position: Position, at: Instant): void {
    if (position <= this.#from) return;
    if (record.kind === "sent") this.#put({ to: record.to, n: record.n, body: record.body, position, at });
    else if (record.kind === "answered") {
      this.open.delete(`${record.to} ${record.n}`);
      this.#asked.delete(`${record.to} ${JSON.stringify(record.body)}`);
      if (record.body.ask === "absorb" && record.result.is === "refused") this.seals.delete(record.body.loser);
    } else if (record.kind === "received" && record.body.ask === "absorb" && record.result.is === "done") {
      this.absorbed.set(record.body.loser, record.body.winner);
      this.#absorbedLately.set(record.body.loser, record.body.winner);
    } else if (record.kind === "repaired" && record.repair.of === "messages") this.#beginAnew(record.repair.since);
  }

  /** What was open before is asked anew, by whoever it is of since there are more shards. */
  #beginAnew(since: number): void {
    for (const [name, { n, to, body }] of this.open) {
      if (n >= since) continue;
      this.open.delete(name);
      this.#asked.delete(`${to} ${JSON.stringify(body)}`);
      if (body.ask === "absorb" && this.seals.get(body.loser)?.n === n) this.seals.delete(body.loser);
    }
  }

  /** Sealed here, and answered: whoever they went into must have them. */
  settledSeals(): ReadonlyMap<ProfileId, OpenMessage> {
    const settled = new Map(this.seals);
    for (const { body } of this.open.values()) if (body.ask === "absorb") settled.delete(body.loser);
    return settled;
  }

  /** What the next fold goes on from. */
  state(): Pick<ShardState, "open" | "absorbed"> {
    return { open: [...this.open.values()], absorbed: [...this.#absorbedLately] };
  }

  #put(message: OpenMessage): void {
    const { to, n, body, position } = message;
    const said = `${to} ${JSON.stringify(body)}`;
    // What is asked again under a new number need not be answered under the old one.
    const before = this.#asked.get(said);
    if (before !== undefined) this.open.delete(before);
    this.#asked.set(said, `${to} ${n}`);
    this.open.set(`${to} ${n}`, message);
    if (body.ask === "absorb" && position <= this.#watermark) this.seals.set(body.loser, message);
  }
}
