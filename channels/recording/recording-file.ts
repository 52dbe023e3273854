/**
 * The file of recorded messages: JSON lines, one after the other, in the order in which they were given. Past its bound it
 * becomes the older of two and another one begins, so that the two together hold the latest and never more.
 */
import { mkdir, open, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

export interface RecordingFile {
  /** Resolves when the line is in the file; rejects with the error of the file system. */
  add(line: unknown): Promise<void>;
  close(): Promise<void>;
}

export function createRecordingFile(path: string, bytesMax: number): RecordingFile {
  let handle: FileHandle | undefined;
  let bytes = 0;
  let last: Promise<void> = Promise.resolve();

  async function write(text: string): Promise<void> {
    if (handle === undefined) {
      await mkdir(dirname(path), { recursive: true });
      // What is said to people is theirs: no other user of the computer reads it.
      handle = await open(path, "a", 0o600);
      bytes = (await handle.stat()).size;
    }
    await handle.appendFile(text);
    bytes += Buffer.byteLength(text);
    if (bytes < bytesMax) return;
    await handle.close();
    handle = undefined;
    await rename(path, `${path}.older`);
  }

  return {
    add(line) {
      const written = last.then(() => write(`${JSON.stringify(line)}\n`));
      last = written.catch(() => undefined);
      return written;
    },
    async close() {
      await last;
      await handle?.close();
      handle = undefined;
    },
  };
}
