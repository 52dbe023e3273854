/**
 * The journal's files under whatever an engine's life may bring: segments that fill and are emptied in any order, ends
 * without a goodbye, writes cut short, damage.
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SetupError } from "../../model/errors.ts";
import type { ShardId } from "../../model/ids.ts";
import type { AppendOutcome } from "../port.ts";
import type { JournalAsks, LocatedBatch } from "./journal-asks.ts";
import { JournalCommitter } from "./journal-committer.ts";
import { bytesOfBatch, encodeBatches, encodeNotes, isIntact } from "./journal-entries.ts";
import { JournalFiles, listSegments, segmentPath } from "./journal-files.ts";
import { recoverJournal } from "./journal-recovery.ts";
import type { AnswerOf, AskOf } from "./thread-calls.ts";

const shards = 3;
const segmentBytes = 2_000;
const epoch = 1;

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "vif-journal-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

interface OpenJournal {
  append(shard: number, firstPosition: number, count: number, content: string): AppendOutcome | undefined;
  trim(shard: number, upTo: number): void;
  last(shard: number): number;
  /** Content of each batch after the position, read from the files. */
  read(shard: number, after: number): readonly string[];
  close(): Promise<void>;
}

let salt = 0;

function openJournal(): OpenJournal {
  const { indexes, end, older } = recoverJournal(folder, shards);
  const createSalt = () => ++salt;
  const noNotes = () => encodeNotes([]);
  const files = new JournalFiles({ folder, flushing: "unflushed", segmentBytes, createSalt }, end, noNotes);
  for (const segment of older) if (segment.live === 0) files.retire(segment);
  const epochs = indexes.map(() => epoch);
  const committer = new JournalCommitter({ folder, indexes, epochs, files });

  function ask(question: AskOf<JournalAsks>): AnswerOf<JournalAsks> {
    let answered: { readonly answer: AnswerOf<JournalAsks> } | undefined;
    const from = {
      answer: (_: number, answer: AnswerOf<JournalAsks>) => void (answered = { answer }),
      fail: (_: number, failed: string) => {
        throw new Error(failed);
      },
      flush: () => {},
    };
    committer.accept({ ask: question, from, call: 1 });
    committer.finish();
    if (answered === undefined) throw new Error("no answer");
    return answered.answer;
  }

  function contentOf({ segment, offset, length }: LocatedBatch): string {
    const whole = fs.readFileSync(segmentPath(folder, segment)).subarray(offset, offset + length);
    expect(isIntact(whole)).toBe(true);
    return bytesOfBatch(whole).toString();
  }

  return {
    append(shard, firstPosition, count, content) {
      const bytes = Buffer.from(content);
      const request = { shard: shard as ShardId, epoch, firstPosition, count, digest: content.length, bytes };
      const outcomes = ask({ name: "append", frame: encodeBatches([request]) }) as readonly AppendOutcome[] | undefined;
      return outcomes === undefined ? { is: "ok" } : outcomes[0];
    },
    trim: (shard, upTo) => void ask({ name: "trim", shard: shard as ShardId, upTo }),
    last: (shard) => ask({ name: "last", shard: shard as ShardId }) as number,
    read: (shard, after) =>
      (ask({ name: "locate", shard: shard as ShardId, after, bytesMax: 1e9 }) as readonly LocatedBatch[]).map(
        contentOf,
      ),
    close: () => files.close(),
  };
}

/** The file written last, and where its last entry ends: all behind it are zeros or an earlier use's remains. */
function newestSegment(): string {
  return segmentPath(folder, listSegments(folder).at(-1) ?? 0);
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("append"),
      shard: fc.nat(2),
      count: fc.integer({ min: 1, max: 4 }),
      size: fc.nat(700),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("trim"), shard: fc.nat(2), back: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash"), garbage: fc.uint8Array({ maxLength: 100 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen") }) },
);

describe("the journal's files", () => {
  test("hold after any life what a list would", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        fs.rmSync(folder, { recursive: true, force: true });
        fs.mkdirSync(folder);
        const model = Array.from({ length: shards }, () => ({
          last: 0,
          batches: [] as { last: number; content: string }[],
        }));
        let journal = openJournal();
        for (const [n, each] of steps.entries()) {
          if ("size" in each) {
            const kept = model[each.shard];
            if (kept === undefined) continue;
            const content = `${n}`.padEnd(each.size, "x");
            expect(journal.append(each.shard, kept.last + 1, each.count, content)).toEqual({ is: "ok" });
            kept.last += each.count;
            kept.batches.push({ last: kept.last, content });
          } else if ("back" in each) {
            const kept = model[each.shard];
            if (kept === undefined) continue;
            const upTo = Math.max(0, kept.last - each.back);
            journal.trim(each.shard, upTo);
            kept.batches = kept.batches.filter(({ last }) => last > upTo);
          } else {
            await journal.close();
            if ("garbage" in each) fs.appendFileSync(newestSegment(), each.garbage);
            journal = openJournal();
          }
          for (const [shard, { last, batches }] of model.entries()) {
            expect(journal.last(shard)).toBe(last);
            expect(journal.read(shard, 0)).toEqual(batches.map(({ content }) => content));
          }
        }
        await journal.close();
      }),
      { numRuns: 60 },
    );
  });

  test("are few, however much has been appended and trimmed", async () => {
    const journal = openJournal();
    for (let position = 1; position <= 500; position++) {
      journal.append(0, position, 1, "x".repeat(300));
      if (position % 5 === 0) journal.trim(0, position);
    }
    await journal.close();
    expect(listSegments(folder).length).toBeLessThanOrEqual(2);
    expect(fs.readdirSync(folder).length).toBeLessThanOrEqual(5);
  });

  test("keep a batch larger than a segment", async () => {
    const journal = openJournal();
    expect(journal.append(1, 1, 1, "y".repeat(3 * segmentBytes))).toEqual({ is: "ok" });
    expect(journal.append(1, 2, 1, "z")).toEqual({ is: "ok" });
    await journal.close();
    const again = openJournal();
    expect(again.read(1, 0).map((content) => content.length)).toEqual([3 * segmentBytes, 1]);
    await again.close();
  });

  test("lose a write that was cut short, and nothing before it", async () => {
    const journal = openJournal();
    journal.append(0, 1, 1, "first");
    const sizeBefore = fs.statSync(newestSegment()).size;
    journal.append(0, 2, 1, "second, cut short");
    await journal.close();
    const sizeAfter = fs.statSync(newestSegment()).size;
    for (let size = sizeBefore; size < sizeAfter; size += 3) {
      fs.truncateSync(newestSegment(), size);
      const again = openJournal();
      expect(again.read(0, 0)).toEqual(["first"]);
      expect(again.append(0, 2, 1, "second, cut short")).toEqual({ is: "ok" });
      await again.close();
    }
  });

  test("are refused when a batch in the middle is damaged", async () => {
    const journal = openJournal();
    for (let position = 1; position <= 30; position++) journal.append(0, position, 1, "x".repeat(300));
    await journal.close();
    const numbers = listSegments(folder);
    expect(numbers.length).toBeGreaterThan(2);
    const middle = segmentPath(folder, numbers[1] ?? 0);
    const bytes = fs.readFileSync(middle);
    bytes[Math.floor(bytes.length / 2)] = 0xff ^ (bytes[Math.floor(bytes.length / 2)] ?? 0);
    fs.writeFileSync(middle, bytes);
    expect(() => openJournal()).toThrow(SetupError);
    fs.rmSync(middle);
    expect(() => openJournal()).toThrow(/damaged/);
  });

  test("begun but never written to are no damage", async () => {
    const journal = openJournal();
    journal.append(0, 1, 1, "first");
    await journal.close();
    fs.writeFileSync(segmentPath(folder, 2), "");
    const again = openJournal();
    expect(again.read(0, 0)).toEqual(["first"]);
    expect(again.append(0, 2, 1, "second")).toEqual({ is: "ok" });
    await again.close();
  });
});
