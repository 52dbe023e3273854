/**
 * Snapshots: what the records of a shard give, as of a position, kept in history so that the next fold begins there. Taken
 * only of what a night has found to be equal to live. A row may be ahead of the position, as in a checkpoint: what it holds
 * already is passed over when records are folded on it.
 *
 * A row is stored by the definitions of what it keeps, never by a plan (profile/row-codec.ts), and the plan it was folded
 * under is named: an edit of the rules voids no snapshot. The plan's own record comes after it, and all go through it.
 */
import { BASE, type History, type SnapshotHead } from "../history/port.ts";
import { slotOfCell } from "../model/hash.ts";
import {
  type PlanDigest,
  type Position,
  type ProfileId,
  type ShardId,
  type Slot,
  slotOfProfile,
} from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { BytesUnreadable } from "../model/byte-buffer.ts";
import { snapshotPageBytesMax } from "../limits-of-reconcile.ts";
import type { RefoldBase, StoredMeta } from "../shard/refold-port.ts";
import { BANDS, bandOf, type PartOf } from "./bands.ts";
import type { OpenMessage } from "./shard-messages.ts";
import { decodePage, encodePage, type KeptCell, type KeptPage, type KeptPerson, pageDigest } from "./snapshot-pages.ts";

export type SnapshotHistory = Pick<
  History,
  "document" | "snapshot" | "snapshotPage" | "putSnapshotPage" | "finishSnapshot" | "forgetPages"
>;

/** What a fold of the shard as a whole goes on from. */
export interface ShardState {
  /** Of the records up to `meta.position`. */
  readonly meta: StoredMeta;
  readonly open: readonly OpenMessage[];
  /** Who was taken over lately, by whom. */
  readonly absorbed: readonly (readonly [ProfileId, ProfileId])[];
}

interface HeadContent extends ShardState {
  readonly version: 1;
  readonly position: Position;
  readonly plan: PlanDigest;
  readonly people: number;
  readonly pages: readonly { readonly band: number; readonly digest: string }[];
}

export interface Snapshot {
  readonly head: SnapshotHead;
  /** All records up to here are in it. */
  readonly position: Position;
  readonly plan: Plan;
  readonly people: number;
  readonly state: ShardState;
  readonly pages: HeadContent["pages"];
}

/** Its pages are not what was written. */
export class BrokenSnapshotError extends Error {
  readonly code = "broken_snapshot";
  constructor(shard: ShardId, options?: ErrorOptions) {
    super(`the snapshot of shard ${shard} in history is not what was written`, options);
    this.name = "BrokenSnapshotError";
  }
}

/** undefined: there is none, or none that can be read. */
export async function readSnapshot(
  history: Pick<History, "snapshot">,
  shard: ShardId,
  planOf: (digest: PlanDigest) => Promise<Plan | undefined>,
): Promise<Snapshot | "broken" | undefined> {
  const head = await history.snapshot(shard);
  return head && snapshotOf(head, planOf);
}

/** As `readSnapshot`: the one that stands for rows which were removed, as events are not kept for ever. */
export async function readBase(
  history: Pick<History, "document">,
  shard: ShardId,
  planOf: (digest: PlanDigest) => Promise<Plan | undefined>,
): Promise<Snapshot | "broken" | undefined> {
  const document = await history.document(baseName(shard));
  if (document === undefined) return undefined;
  const head = baseHead(shard, document.content);
  return head === undefined ? "broken" : snapshotOf(head, planOf);
}

/** Whether the shard's snapshot stands for removed rows: none was taken since they were. */
export async function isBase(history: Pick<History, "document" | "snapshot">, shard: ShardId): Promise<boolean> {
  const [snapshot, base] = [await history.snapshot(shard), await history.document(baseName(shard))];
  return base !== undefined && snapshot !== undefined && baseHead(shard, base.content)?.take === snapshot.take;
}

/** From here on no fold begins before this one, and its pages stay. Durable when resolved. */
export async function putBase(history: Pick<History, "putDocument">, head: SnapshotHead): Promise<void> {
  const { shard, take, pages, content } = head;
  const said: BaseContent = { take, pages, content: new TextDecoder().decode(content) };
  await history.putDocument(baseName(shard), new TextEncoder().encode(JSON.stringify(said)));
}

/**
 * The position of the shard's snapshot, all of whose pages are what was written; undefined: there is none such, and nothing
 * may rest on it.
 */
export async function soundPosition(
  history: Pick<History, "snapshotPage">,
  head: SnapshotHead,
): Promise<Position | undefined> {
  const content = contentOf(head);
  for (const [number, { digest }] of content?.pages.entries() ?? []) {
    const bytes = await history.snapshotPage(head, number);
    if (bytes === undefined || pageDigest(bytes) !== digest) return undefined;
  }
  return content?.position;
}

interface BaseContent {
  readonly take: string;
  readonly pages: number;
  readonly content: string;
}

const baseName = (shard: ShardId) => ({ kind: BASE, key: String(shard) });

function baseHead(shard: ShardId, bytes: Uint8Array): SnapshotHead | undefined {
  try {
    const { take, pages, content } = JSON.parse(new TextDecoder().decode(bytes)) as BaseContent;
    return { shard, take, pages, content: new TextEncoder().encode(content) };
  } catch {
    return undefined;
  }
}

function contentOf(head: SnapshotHead): HeadContent | undefined {
  try {
    const content = JSON.parse(new TextDecoder().decode(head.content)) as HeadContent;
    return content.version === 1 && content.pages.length === head.pages ? content : undefined;
  } catch {
    return undefined;
  }
}

async function snapshotOf(
  head: SnapshotHead,
  planOf: (digest: PlanDigest) => Promise<Plan | undefined>,
): Promise<Snapshot | "broken"> {
  const content = contentOf(head);
  const plan = content && (await planOf(content.plan));
  if (content === undefined || plan === undefined) return "broken";
  const { position, people, meta, open, absorbed, pages } = content;
  return { head, position, plan, people, state: { meta, open, absorbed }, pages };
}

/** A part of a snapshot in memory. */
export class SnapshotPart implements Pick<RefoldBase, "meta" | "personOf"> {
  readonly snapshot: Snapshot;
  readonly people = new Map<ProfileId, KeptPerson>();
  readonly cells: KeptCell[] = [];

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  get meta(): StoredMeta {
    return this.snapshot.state.meta;
  }

  personOf(id: ProfileId): KeptPerson | undefined {
    return this.people.get(id);
  }
}

/**
 * Rejects with BrokenSnapshotError.
 * @param of `isOurs`: whom of it to read; some may live in other shards since there are more. `alone`: no other part is read next
 */
export async function readSnapshotPart(
  history: Pick<History, "snapshotPage">,
  snapshot: Snapshot,
  { part, parts, isOurs, alone }: PartOf & { readonly isOurs: (slot: Slot) => boolean; readonly alone?: boolean },
): Promise<SnapshotPart> {
  const read = new SnapshotPart(snapshot);
  for await (const { people, cells } of readPages(history, snapshot, { part, parts, alone })) {
    for (const person of people) if (isOurs(slotOfProfile(person.id))) read.people.set(person.id, person);
    for (const cell of cells) if (isOurs(slotOfCell(cell.key))) read.cells.push(cell);
  }
  return read;
}

/** A part's pages, the next one being read while this one is worked on. */
async function* readPages(
  history: Pick<History, "snapshotPage">,
  { head, pages }: Snapshot,
  { part, parts, alone }: PartOf & { readonly alone: boolean | undefined },
): AsyncGenerator<KeptPage> {
  const numbers = [...pages.keys()].filter((number) => (pages[number]?.band ?? 0) % parts === part);
  const ask = (number: number | undefined): Promise<Uint8Array | undefined> | undefined => {
    const page = number === undefined ? undefined : history.snapshotPage(head, number, alone);
    // It is awaited below, or nobody wants it any more.
    page?.catch(() => undefined);
    return page;
  };
  let next = ask(numbers[0]);
  for (const [index, number] of numbers.entries()) {
    const bytes = await next;
    next = ask(numbers[index + 1]);
    if (bytes === undefined || pageDigest(bytes) !== pages[number]?.digest) throw new BrokenSnapshotError(head.shard);
    yield decoded(head.shard, bytes);
  }
}

function decoded(shard: ShardId, bytes: Uint8Array): KeptPage {
  try {
    return decodePage(bytes);
  } catch (cause) {
    if (!(cause instanceof BytesUnreadable) && !(cause instanceof RangeError)) throw cause;
    throw new BrokenSnapshotError(shard, { cause });
  }
}

export type TakenInto = Pick<History, "putSnapshotPage">;

/** A snapshot that is being taken: people and cells part by part, then its head. */
export class SnapshotWriter {
  readonly #history: TakenInto;
  readonly #shard: ShardId;
  readonly #take: string;
  readonly #pages: { readonly band: number; readonly digest: string }[] = [];
  #people = 0;

  /** @param take unlike that of any other */
  constructor(history: TakenInto, { shard, take }: { readonly shard: ShardId; readonly take: string }) {
    this.#history = history;
    this.#shard = shard;
    this.#take = take;
  }

  /** @param personOf asked of a page's people as it is written, so that not all rows are in memory at once */
  async add(
    people: Iterable<ProfileId>,
    personOf: (id: ProfileId) => KeptPerson | undefined,
    cells: Iterable<KeptCell>,
  ): Promise<void> {
    const bands = Array.from({ length: BANDS }, () => ({ people: [] as ProfileId[], cells: [] as KeptCell[] }));
    for (const id of people) bands[bandOf(slotOfProfile(id))]?.people.push(id);
    for (const cell of cells) bands[bandOf(slotOfCell(cell.key))]?.cells.push(cell);
    let written: Promise<void> = Promise.resolve();
    for (const [band, { people: ours, cells: bound }] of bands.entries())
      for (const page of pagesOf(ours, personOf, bound)) {
        const bytes = encodePage(page);
        const number = this.#pages.push({ band, digest: pageDigest(bytes) }) - 1;
        this.#people += page.people.length;
        // One is made while the one before is written.
        await written;
        written = this.#history.putSnapshotPage({ shard: this.#shard, take: this.#take }, number, bytes);
        written.catch(() => undefined);
      }
    await written;
  }

  /** What is to be finished when all parts were added. */
  head(position: Position, { plan, state }: { readonly plan: PlanDigest; readonly state: ShardState }): SnapshotHead {
    const content: HeadContent = { version: 1, position, plan, people: this.#people, pages: this.#pages, ...state };
    return {
      shard: this.#shard,
      take: this.#take,
      pages: this.#pages.length,
      content: new TextEncoder().encode(JSON.stringify(content)),
    };
  }
}

/** False when another was finished meanwhile: that one stands. */
export async function finishSnapshot(
  history: Pick<History, "document" | "finishSnapshot">,
  head: SnapshotHead,
): Promise<boolean> {
  const { shard } = head;
  const base = await history.document(baseName(shard));
  return history.finishSnapshot(head, base && baseHead(shard, base.content)?.take);
}

/** Of nights that were cut off, or found that something differs: pages that stand for nothing. */
export async function forgetUnfinished(
  history: Pick<History, "document" | "snapshot" | "forgetPages">,
  shard: ShardId,
): Promise<void> {
  const base = await history.document(baseName(shard));
  const stand = [await history.snapshot(shard), base && baseHead(shard, base.content)];
  await history.forgetPages(
    shard,
    stand.flatMap((head) => (head === undefined ? [] : [head.take])),
  );
}

/** About, beside the row itself: ids, positions, mark. */
const PERSON_BYTES = 40;
const CELL_BYTES = 60;

function* pagesOf(
  people: readonly ProfileId[],
  personOf: (id: ProfileId) => KeptPerson | undefined,
  cells: readonly KeptCell[],
): Generator<KeptPage> {
  let page = { people: [] as KeptPerson[], cells: [] as KeptCell[] };
  let bytes = 0;
  for (const id of people) {
    const person = personOf(id);
    if (person === undefined) continue;
    page.people.push(person);
    bytes += PERSON_BYTES + person.row.length;
    if (bytes < snapshotPageBytesMax) continue;
    yield page;
    [page, bytes] = [{ people: [], cells: [] }, 0];
  }
  for (const cell of cells) {
    page.cells.push(cell);
    bytes += CELL_BYTES;
    if (bytes < snapshotPageBytesMax) continue;
    yield page;
    [page, bytes] = [{ people: [], cells: [] }, 0];
  }
  if (bytes > 0) yield page;
}
