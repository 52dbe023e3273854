/**
 * The name of this node in the cluster: made once and kept in the data folder, so that a restarted node is the same one and
 * takes its own leases back at once. The folder's lock sees to it that no two processes use one name.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "../model/errors.ts";
import type { NodeId } from "../model/ids.ts";

const NAME = "node-id";
const NODE_ID = /^[0-9a-f]{12}$/;

/** @throws SetupError when the file holds no node's name. The caller holds the folder's lock. */
export function keepNodeId(dataDir: string): NodeId {
  const path = join(dataDir, NAME);
  const kept = readText(path)?.trim();
  if (kept !== undefined) {
    if (NODE_ID.test(kept)) return kept as NodeId;
    throw new SetupError(`${path} holds no name of a node.`, `Remove ${path}; a new one is made.`);
  }
  const made = randomBytes(6).toString("hex");
  writeFileSync(`${path}.draft`, `${made}\n`, { flush: true });
  renameSync(`${path}.draft`, path);
  return made as NodeId;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
