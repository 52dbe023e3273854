/** A node's recording as a pipe that the test reads, or does not: a provider that hangs. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

export interface RecordingPipe {
  /** All that has been written so far, what is in the pipe now included. */
  read(): string;
  /** Takes so much of its room, of 65,536 bytes. */
  fill(bytes: number): void;
  close(): void;
}

/** @param folder of the node's data, which has recorded nothing yet */
export function createRecordingPipe(folder: string): RecordingPipe {
  const path = join(folder, "recorded.ndjson");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  // Both ends, so that no life of the engine is told that nobody reads.
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  let said = "";
  return {
    read() {
      const buffer = Buffer.alloc(65_536);
      try {
        for (let bytes = 1; bytes > 0; ) {
          bytes = readSync(pipe, buffer);
          said += buffer.toString("utf8", 0, bytes);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      }
      return said;
    },
    fill: (bytes) => writeFileSync(pipe, " ".repeat(bytes)),
    close: () => closeSync(pipe),
  };
}
