import { describe, expect, it } from "vitest";
import { journalReadBytes, journalWindowsKept } from "../../limits.ts";
import { JournalWindows } from "./journal-windows.ts";

/** Files in memory, and what was read of them. */
function windowsOver(files: readonly Buffer[]) {
  const reads: number[] = [];
  const windows = new JournalWindows(({ segment, offset, length }) => {
    reads.push(offset);
    return Buffer.from((files[segment] as Buffer).subarray(offset, offset + length));
  });
  return { windows, reads };
}

const fileOf = (windows: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: windows * journalReadBytes }, (_, n) => n * 31 + (n >>> 8) + (n >>> 18) * 13));

describe("windows of a journal", () => {
  it("of many shards' batches between each other are read once, those across two by themselves", () => {
    const file = fileOf(3);
    const { windows, reads } = windowsOver([file]);
    const batches = Array.from({ length: 3 * 8 }, (_, n) => ({ segment: 0, offset: n * 32_000, length: 32_000 }));
    windows.note(batches);
    for (let shard = 0; shard < 8; shard++)
      for (let n = shard; n < batches.length; n += 8) {
        const batch = batches[n] as (typeof batches)[number];
        const there = file.subarray(batch.offset, batch.offset + batch.length);
        expect(Buffer.compare(windows.bytesAt(batch), there)).toBe(0);
      }
    const across = batches.filter(
      ({ offset, length }) =>
        Math.floor(offset / journalReadBytes) < Math.floor((offset + length - 1) / journalReadBytes),
    );
    expect(reads).toHaveLength(3 + across.length);
  });

  it("serve nothing again that was not durable when it was read", () => {
    const file = fileOf(1);
    const { windows, reads } = windowsOver([file]);
    const [first, second] = [
      { segment: 0, offset: 0, length: 100 },
      { segment: 0, offset: 100, length: 100 },
    ];
    windows.note([first]);
    windows.bytesAt(first);
    file.fill(7, 100, 200);
    windows.note([second]);
    expect(windows.bytesAt(second).every((byte) => byte === 7)).toBe(true);
    windows.bytesAt(first);
    expect(reads).toHaveLength(2);
  });

  it("of files before the last one are whole, and so many are kept", () => {
    const files = [fileOf(journalWindowsKept + 1), fileOf(1)];
    const { windows, reads } = windowsOver(files);
    windows.note([{ segment: 1, offset: 0, length: 10 }]);
    const at = (n: number) => windows.bytesAt({ segment: 0, offset: n * journalReadBytes, length: 10 });
    for (let n = 0; n <= journalWindowsKept; n++) at(n);
    for (let n = 1; n <= journalWindowsKept; n++) at(n);
    expect(reads).toHaveLength(journalWindowsKept + 1);
    at(0);
    windows.clear();
    at(0);
    expect(reads).toHaveLength(journalWindowsKept + 3);
  });
});
