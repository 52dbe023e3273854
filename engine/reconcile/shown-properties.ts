/**
 * What decisions of messages hold of the event that set them off: the properties that their templates show, recorded with the
 * decision as no event is at hand any more when a message is sent. Once the event is too old to be kept they go, too, and the
 * decision stays. A shard's rows are gone through in their order, from where the run before has come to: a mark for each event,
 * kept on the way, so that who is killed goes on there.
 */
import type { History, ReplacedRecord } from "../history/port.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
import { encodeRecord } from "../model/record-codec.ts";
import { KIND_NUMBER } from "../model/record-head.ts";
import type { DecidedRecord } from "../model/record.ts";
import type { Bases, Cover } from "./bases.ts";
import { readRows, recordIn, type ShardRow } from "./history-records.ts";

export interface ForgetOptions {
  readonly history: Pick<History, "watermarks" | "records" | "replaceRecords" | "document" | "putDocument">;
  /** For how long events are kept, in ms, by name; others for ever. */
  readonly events: Readonly<Record<string, number>>;
  readonly bases: Bases;
  readonly now: Instant;
  /** What was accepted later stays in any case. */
  readonly acceptedBefore: Instant;
  readonly dryRun: boolean;
  /** As of RetainOptions. */
  readonly check: () => void;
}

/** Of decisions. */
export interface Forgotten {
  /** That hold nothing of such an event any more, or would not. */
  readonly decisions: number;
  /** That hold something too old as well, and that no snapshot stands for yet: a later night does them. */
  readonly waiting: number;
  /** That cannot be read, and stay as they are: somebody has altered them. */
  readonly unreadable: number;
}

/** By the name of an event: when what was accepted before is too old. */
type Horizons = ReadonlyMap<string, Instant>;

/** Of a shard, by the name of an event: no decision up to this position holds anything of it. */
type Marks = Readonly<Record<string, Position>>;

interface OneShard extends ForgetOptions {
  readonly horizons: Horizons;
  readonly shard: ShardId;
  readonly cover: Cover | undefined;
  /** Of all shards so far. */
  readonly told: { decisions: number; waiting: number; unreadable: number };
}

const MARKS = "shown-properties";
/** Pages between two marks that are kept, where nothing is found: each is a transaction. */
const PAGES_A_MARK = 32;

/** Rejects with HistoryUnavailable. */
export async function forgetShown(options: ForgetOptions): Promise<Forgotten> {
  const { history, bases, events, now, acceptedBefore } = options;
  const told = { decisions: 0, waiting: 0, unreadable: 0 };
  const horizons = new Map(Object.entries(events).map(([name, ms]) => [name, Math.min(now - ms, acceptedBefore)]));
  if (horizons.size === 0) return told;
  for (const [shard, { position: upTo }] of await history.watermarks()) {
    const cover = await bases.coverOf(shard);
    await forgetIn({ ...options, horizons, shard, cover, told }, upTo);
  }
  return told;
}

async function forgetIn(of: OneShard, upTo: Position): Promise<void> {
  const { history, shard, horizons, dryRun, check, told } = of;
  const oldest = Math.max(...horizons.values());
  let marks = await readMarks(of);
  let kept = marks;
  const after = Math.min(...[...horizons.keys()].map((name) => marks[name] ?? 0));
  // What each drain wrote is checked by nights.
  const source = { records: history.records.bind(history), seals: async () => [] };
  let pages = 0;
  for await (const page of readRows(source, shard, { after, upTo })) {
    check();
    const rows = page.filter((row): row is ShardRow => !("flaw" in row));
    const records = lookThrough(of, rows, marks);
    if (dryRun) told.decisions += records.length;
    else if (records.length > 0) {
      await of.bases.putBaseOf(shard);
      told.decisions += await history.replaceRecords(shard, "decided", records);
    }
    marks = marksBehind(of, rows, marks);
    pages += 1;
    const isWorthIt = records.length > 0 || pages % PAGES_A_MARK === 0;
    if (!dryRun && isWorthIt) kept = await keepMarks(of, marks, kept);
    if ((rows.at(-1)?.instant ?? 0) >= oldest) break;
  }
  if (!dryRun) await keepMarks(of, marks, kept);
}

async function readMarks({ history, shard }: OneShard): Promise<Marks> {
  const document = await history.document({ kind: MARKS, key: String(shard) });
  return document === undefined ? {} : (JSON.parse(new TextDecoder().decode(document.content)) as Marks);
}

async function keepMarks({ history, shard }: OneShard, marks: Marks, kept: Marks): Promise<Marks> {
  if (marks !== kept)
    await history.putDocument({ kind: MARKS, key: String(shard) }, new TextEncoder().encode(JSON.stringify(marks)));
  return marks;
}

/** What is to stand in place of decisions that hold something too old. */
function lookThrough(
  { horizons, cover, told }: OneShard,
  rows: readonly ShardRow[],
  marks: Marks,
): readonly ReplacedRecord[] {
  const records: ReplacedRecord[] = [];
  for (const { position, instant, record: bytes = NOTHING } of rows) {
    if (!isDecided(bytes)) continue;
    const record = recordIn(bytes);
    if (record === undefined) told.unreadable += 1;
    if (record?.kind !== "decided" || record.cause.is !== "event" || record.intent.event === undefined) continue;
    const { name } = record.cause;
    if (instant >= (horizons.get(name) ?? 0) || position <= (marks[name] ?? 0)) continue;
    if (position > (cover?.upTo ?? 0)) told.waiting += 1;
    else records.push({ position, instant, record: without(record) });
  }
  return records;
}

/** By the byte behind its form, so that no other record is read. */
function isDecided(bytes: Uint8Array): boolean {
  return bytes[1] === KIND_NUMBER.decided;
}

/** Each as far as it is too old by its own time, and never beyond what the snapshot stands for. */
function marksBehind({ horizons, cover }: OneShard, rows: readonly ShardRow[], marks: Marks): Marks {
  const behind: Record<string, Position> = { ...marks };
  let isNew = false;
  for (const [name, before] of horizons) {
    const last = rows.findLast(({ position, instant }) => position <= (cover?.upTo ?? 0) && instant < before);
    if (last === undefined || last.position <= (marks[name] ?? 0)) continue;
    behind[name] = last.position;
    isNew = true;
  }
  return isNew ? behind : marks;
}

const NOTHING = new Uint8Array(0);

function without(record: DecidedRecord): Uint8Array {
  const { event: _, ...intent } = record.intent;
  return encodeRecord({ ...record, intent });
}
