/** One engine with the example brand's rules for all tests of a file: ready before them, gone with its folder after. */
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { ROOT } from "../source-tree.ts";
import { createEngineProcess } from "./engine-process.ts";
import type { EngineProcess, EngineSettings } from "./engine-process.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";

/** @param name of the file's folder; to be called at the top of a test file */
export async function createEngineOfFile(
  name: string,
  more: Pick<EngineSettings, "settings"> = {},
): Promise<EngineProcess> {
  const folder = createTestFolder(name);
  const engine = await createEngineProcess({ rules: join(ROOT, "rules"), folder: join(folder, "engine"), ...more });
  beforeAll(() => engine.start(), 60_000);
  afterAll(async () => {
    await engine.kill();
    removeTestFolder(folder);
  });
  return engine;
}
