/**
 * A small file system of its own (tmpfs) that can be filled to the last block, freed again, and mounted read-only. Mounting
 * wants root: suites that need one skip with `mountMissing` otherwise; with VIF_TEST_REQUIRE_SERVICES=1 a root that cannot
 * mount fails.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";

export interface SmallDisk {
  readonly folder: string;
  /** Takes all space that is left but so many bytes. */
  fill(left?: number): void;
  free(): void;
  /** Nothing may have a file open for writing on it. */
  makeReadOnly(): void;
  /** Unmounts it. */
  close(): void;
}

/** Why suites that need to mount are skipped; undefined when they are not. */
export const mountMissing: string | undefined = (() => {
  if (process.getuid?.() !== 0) return "mounting a small disk wants root";
  try {
    createSmallDisk(1).close();
    return undefined;
  } catch (error) {
    if (process.env["VIF_TEST_REQUIRE_SERVICES"] === "1") throw error;
    return `no small disk can be mounted here (${error instanceof Error ? error.message : String(error)})`;
  }
})();

export function createSmallDisk(megabytes: number): SmallDisk {
  const folder = createTestFolder("disk");
  const ballast = join(folder, "ballast");
  mount(["-t", "tmpfs", "-o", `size=${megabytes}m`, "vif-test", folder]);
  return {
    folder,
    fill(left = 0) {
      fill(ballast);
      if (left > 0) truncateSync(ballast, Math.max(0, statSync(ballast).size - left));
    },
    free: () => rmSync(ballast, { force: true }),
    makeReadOnly: () => mount(["-o", "remount,ro", folder]),
    close() {
      run("umount", [folder]);
      removeTestFolder(folder);
    },
  };
}

function fill(path: string): void {
  const file = openSync(path, "a");
  let block = Buffer.alloc(1024 * 1024);
  try {
    while (block.length >= 512) {
      try {
        // A part may be taken; the next write then fails.
        writeSync(file, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        block = block.subarray(0, block.length / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

function mount(args: readonly string[]): void {
  run("mount", args);
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
}
