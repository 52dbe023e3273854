/**
 * Reads a journal's segments when the store is opened: every entry that was written whole is taken, in order, and each
 * shard's batches must follow each other without a gap. What stands behind the last whole entry is a write that was cut
 * short and therefore never answered; anywhere else a break means that the files are damaged, and the store is refused.
 */
import * as fs from "node:fs";
import { SetupError } from "../../model/errors.ts";
import type { Position } from "../../model/ids.ts";
import { parseEntry, parseSegmentHead, SEGMENT_HEAD_BYTES } from "./journal-entries.ts";
import type { BatchEntry, NoteEntry } from "./journal-entries.ts";
import { listSegments, segmentPath } from "./journal-files.ts";
import type { JournalEnd, Segment } from "./journal-files.ts";
import { JournalIndex } from "./journal-index.ts";

export interface RecoveredJournal {
  /** By shard. */
  readonly indexes: readonly JournalIndex[];
  /** undefined: there is no segment yet. */
  readonly end: JournalEnd | undefined;
  /** All but the newest. */
  readonly older: readonly Segment[];
}

export function recoverJournal(folder: string, shards: number): RecoveredJournal {
  const recovered = Array.from({ length: shards }, () => ({ index: new JournalIndex(), holeUpTo: 0 }));
  const segments: Segment[] = [];
  let position = 0;
  const numbers = listSegments(folder);
  for (const number of numbers) {
    const path = segmentPath(folder, number);
    const bytes = fs.readFileSync(path);
    const head = parseSegmentHead(bytes);
    if (head !== undefined && "format" in head) throw otherFormat(folder, head.format);
    if (head === undefined || head.number !== number) {
      if (number !== numbers.at(-1)) throw damaged(folder, `${path} has no head`);
      // Never begun: the process ended between naming the file and writing its head.
      fs.rmSync(path, { force: true });
      break;
    }
    const segment: Segment = { ...head, live: 0 };
    position = readEntries(bytes, segment, recovered, folder);
    segments.push(segment);
  }
  for (const [shard, { index, holeUpTo }] of recovered.entries()) {
    if (index.floor < holeUpTo) throw damaged(folder, `shard ${shard} lacks batches up to ${holeUpTo}`);
  }
  const newest = segments.pop();
  return {
    indexes: recovered.map(({ index }) => index),
    older: segments,
    end: newest && { segment: newest, position },
  };
}

interface Recovered {
  readonly index: JournalIndex;
  /** Batches up to here are missing, as their segment is gone: they must turn out to be trimmed. */
  holeUpTo: Position;
}

/** @returns where the last whole entry ends */
function readEntries(bytes: Buffer, segment: Segment, recovered: readonly Recovered[], folder: string): number {
  let at = SEGMENT_HEAD_BYTES;
  for (;;) {
    const entry = parseEntry(bytes, at, segment.salt);
    if (entry === undefined) return at;
    const shard = recovered[entry.shard];
    if (shard === undefined) throw damaged(folder, `it names shard ${entry.shard}`);
    if (entry.kind === "note") takeNote(shard, entry, folder);
    else takeBatch(shard.index, entry, segment, at, folder);
    at = entry.end;
  }
}

function takeNote(shard: Recovered, { last, floor, ...note }: NoteEntry, folder: string): void {
  const { index } = shard;
  if (last < index.last) throw damaged(folder, `shard ${note.shard} goes back from ${index.last} to ${last}`);
  if (last > index.last) {
    // A segment in between was removed when all in it had been trimmed, so this shard is trimmed at least up to here.
    for (const { segment } of index.skipTo(last)) segment.live--;
    shard.holeUpTo = last;
  }
  for (const { segment } of index.trim(floor)) segment.live--;
}

function takeBatch(index: JournalIndex, batch: BatchEntry, segment: Segment, offset: number, folder: string): void {
  if (batch.firstPosition !== index.last + 1) {
    throw damaged(folder, `shard ${batch.shard} goes on at ${batch.firstPosition} after ${index.last}`);
  }
  const { epoch, digest, count } = batch;
  const last = batch.firstPosition + count - 1;
  index.add({ last, count, epoch, digest, segment, offset, length: batch.whole.length });
  segment.live++;
}

function damaged(folder: string, how: string): SetupError {
  return new SetupError(
    `The journal in ${folder} is damaged: ${how}.`,
    "Move the hot store's folder away; it can be rebuilt from the history.",
  );
}

function otherFormat(folder: string, format: number): SetupError {
  return new SetupError(
    `The journal in ${folder} has format ${format}, which this version does not read.`,
    "Start it with the version that wrote it, or with an empty folder.",
  );
}
