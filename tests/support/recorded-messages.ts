/** What an engine without providers would have sent: the lines of the recording channel's file. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OutgoingMessage } from "../../engine/model/message.ts";
import type { EngineProcess } from "./engine-process.ts";

export async function recordedMessages({ folder }: Pick<EngineProcess, "folder">): Promise<readonly OutgoingMessage[]> {
  const text = await readFile(join(folder, "recorded.ndjson"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as OutgoingMessage);
}
