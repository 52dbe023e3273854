/**
 * Writes people and cells of a shard that is being rebuilt into the live store, piece by piece: one is gathered while the one
 * before is on its way. Until the shard is whole they stand under a watermark of nothing.
 */
import { rebuildPieceMax } from "../limits-of-reconcile.ts";
import { SetupError } from "../model/errors.ts";
import type { CellKey } from "../model/identifier.ts";
import type { Epoch, ProfileId, ShardId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { Shard } from "../shard/refold-port.ts";
import type { HotStore, StoredProfile } from "../store/port.ts";

/** Somebody else has claimed the shard meanwhile: an engine was started on the store. */
export class OvertakenError extends SetupError {
  constructor(shard: ShardId) {
    super(
      `Shard ${shard} was claimed by another process while it was being rebuilt.`,
      "Stop all engines on this store and any other rebuild of it, empty the store, and run this again.",
    );
    this.name = "OvertakenError";
  }
}

export class PieceWriter {
  readonly #state: Pick<HotStore["state"], "checkpoint">;
  readonly #shard: ShardId;
  readonly #epoch: Epoch;
  /** Of a shard of which nothing is stored. */
  readonly #meta: Uint8Array;
  #profiles: StoredProfile[] = [];
  #cells: (readonly [CellKey, ProfileId])[] = [];
  #sent: Promise<void> = Promise.resolve();

  constructor(
    state: Pick<HotStore["state"], "checkpoint">,
    { shard, epoch, plan }: { readonly shard: ShardId; readonly epoch: Epoch; readonly plan: Plan },
  ) {
    this.#state = state;
    this.#shard = shard;
    this.#epoch = epoch;
    this.#meta = new Shard(shard, epoch, plan).meta();
  }

  /** Resolves when there is room for more. Rejects as `end`, for the piece before. */
  async addPerson(person: StoredProfile): Promise<void> {
    this.#profiles.push(person);
    if (this.#profiles.length >= rebuildPieceMax) await this.#send();
  }

  /** As `addPerson`. */
  async addCell(key: CellKey, holder: ProfileId): Promise<void> {
    this.#cells.push([key, holder]);
    if (this.#cells.length >= rebuildPieceMax) await this.#send();
  }

  /** Resolves when all is stored. Rejects with StoreUnavailable or OvertakenError. */
  async end(): Promise<void> {
    if (this.#profiles.length + this.#cells.length > 0) await this.#send();
    await this.#sent;
  }

  async #send(): Promise<void> {
    await this.#sent;
    const [profiles, cells] = [this.#profiles, this.#cells];
    [this.#profiles, this.#cells] = [[], []];
    this.#sent = this.#put(profiles, cells);
    // It is awaited with the next one, or at the end.
    this.#sent.catch(() => undefined);
  }

  async #put(profiles: readonly StoredProfile[], cells: readonly (readonly [CellKey, ProfileId])[]): Promise<void> {
    const [shard, epoch, meta] = [this.#shard, this.#epoch, this.#meta];
    const head = { shard, epoch, meta, watermark: 0, after: 0, journalEnd: 0, forgotten: [] };
    if ((await this.#state.checkpoint({ ...head, profiles, cells })) !== "ok") throw new OvertakenError(shard);
  }
}
