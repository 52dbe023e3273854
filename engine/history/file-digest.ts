/** What a file of any size holds, in one short text: read bit by bit, so that whoever asks goes on with other things. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

const BLOCK_BYTES = 256 * 1024;

/** SHA-256 in hexadecimal digits. Rejects as the file system does. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) hash.update(block as Buffer);
  return hash.digest("hex");
}
