/** Folders of one test run: made under the system's own place for such, removed with everything in them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function createTestFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `vif-${name}-`));
}

export function removeTestFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
