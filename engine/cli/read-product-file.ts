/** The text of a file of products as it lies on the disk: packed with gzip or not, in UTF-8 and nothing else. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { productFileBytesMax } from "../limits-of-recommending.ts";
import { SetupError } from "../model/errors.ts";

/** Throws SetupError where there is no such file, where it is torn, too large or no text in UTF-8. */
export function readProductFile(path: string): string {
  const bytes = unpacked(read(path), path);
  if (bytes.length > productFileBytesMax)
    throw new SetupError(
      `${path} has ${megabytes(bytes.length)} MB of text; at most ${megabytes(productFileBytesMax)} are taken at once.`,
      "Take it in in parts: a product is replaced by its id, and others stay.",
    );
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SetupError(`${path} is no text in UTF-8.`, "Save it as UTF-8; in Excel the form is `CSV UTF-8`.");
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "error";
    throw new SetupError(`${path} cannot be read (${reason}).`, "Name a file that is there.");
  }
}

function unpacked(bytes: Buffer, path: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    // One byte more than is allowed, so that what is too large is told as that.
    return gunzipSync(bytes, { maxOutputLength: productFileBytesMax + 1 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new SetupError(
        `${path} has more than ${megabytes(productFileBytesMax)} MB of text.`,
        "Take it in in parts: a product is replaced by its id, and others stay.",
      );
    throw new SetupError(`${path} is packed with gzip, and torn or damaged.`, "Begin again with a whole file.");
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024));
}
