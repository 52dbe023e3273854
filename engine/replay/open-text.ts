/**
 * The text of a file, packed with gzip or not (told by its first bytes), in pieces. A gzip that breaks off, or whose sum is
 * wrong, ends as `torn` after all that could be unpacked; whoever reads must not take what came last for whole.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";

export interface OpenText {
  /** Pieces of text, in order. Throws `TornFile` in the end where the file is not whole. */
  readonly pieces: AsyncIterable<string>;
  /** Bytes of the file that have been read so far, of `bytes`. */
  readonly read: () => number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The packed file breaks off or is damaged. */
export class TornFile extends Error {
  readonly code = "torn_file";
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "TornFile";
  }
}

/** Rejects with the system's error when the file cannot be opened, or is no file. */
export async function openText(path: string): Promise<OpenText> {
  const file = await open(path);
  const { size, mtimeMs } = await file.stat();
  const magic = Buffer.alloc(2);
  await file.read(magic, 0, 2, 0);
  const raw = createReadStream("", { fd: file, start: 0, highWaterMark: pieceBytes });
  const packed = magic[0] === 0x1f && magic[1] === 0x8b;
  return {
    pieces: packed ? unpack(raw) : decode(raw),
    read: () => raw.bytesRead,
    bytes: size,
    modifiedMs: Math.floor(mtimeMs),
  };
}

/** Read at once: large enough that a piece costs little, small enough that answers are heard in between. */
const pieceBytes = 256 * 1024;

async function* decode(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  for await (const bytes of source) yield decoder.write(bytes);
  yield decoder.end();
}

const TORN: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: "the file breaks off before its end",
  Z_DATA_ERROR: "the file is damaged",
};

async function* unpack(raw: ReturnType<typeof createReadStream>): AsyncGenerator<string> {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  // Told on, so that a read that fails does not leave the unpacker waiting for ever.
  raw.on("error", (error) => gunzip.destroy(error));
  raw.pipe(gunzip);
  try {
    yield* decode(gunzip);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = TORN[code];
    throw reason === undefined ? error : new TornFile(reason, { cause: error });
  } finally {
    raw.destroy();
  }
}
