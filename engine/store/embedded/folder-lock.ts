/**
 * One process per data folder. The owner listens on a unix socket in the folder: the kernel closes it with the process,
 * however that ends, so a socket that refuses connections is a dead owner's and is taken over at once.
 *
 * Owners are numbered. A candidate that finds `owner.<n>` dead listens on a socket of its own and hard-links it to
 * `owner.<n+1>`: linking is atomic, so of several candidates one wins and the others meet a living owner when they look
 * again. Only numbers below one's own are ever removed, never the highest, so no number is used twice. What this does not
 * guard against: two hosts on one network folder.
 *
 * LMDB's own lock file cannot serve: a second handle within a process drops the process's record locks when it is closed.
 */
import { randomBytes } from "node:crypto";
import { link, open, readdir, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { SetupError } from "../../model/errors.ts";

export interface FolderLock {
  /** Gives the folder up. */
  close(): Promise<void>;
}

const OWNER = /^owner\.(\d+)$/;
/** Longest path that every system takes as the name of a unix socket (macOS: 104 with its end). */
const socketPathBytesMax = 100;
/** Rounds against other candidates; each round lost means that another one has won. */
const attemptsMax = 16;

/** Throws `SetupError` when another process owns the folder. The folder must exist. */
export async function createFolderLock(folder: string): Promise<FolderLock> {
  const place = await openSocketPlace(folder);
  const candidate = `candidate.${process.pid}.${randomBytes(6).toString("hex")}`;
  const server = await listen(place.path(candidate)).catch(async (cause: unknown) => {
    await place.close();
    throw unfitFolder(folder, cause);
  });
  try {
    await own(folder, candidate, place);
  } catch (cause) {
    await closeServer(server);
    await place.close();
    throw cause instanceof SetupError ? cause : unfitFolder(folder, cause);
  }
  return {
    async close() {
      await closeServer(server);
      await place.close();
    },
  };
}

async function own(folder: string, candidate: string, place: SocketPlace): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const numbers = await ownerNumbers(folder);
    const highest = numbers.at(-1);
    if (highest !== undefined && (await isAlive(place.path(`owner.${highest}`)))) break;
    const mine = (highest ?? 0) + 1;
    if (!(await linkNew(join(folder, candidate), join(folder, `owner.${mine}`)))) continue;
    await rm(join(folder, candidate), { force: true });
    for (const older of numbers) await rm(join(folder, `owner.${older}`), { force: true });
    await removeDeadCandidates(folder, place);
    return;
  }
  await rm(join(folder, candidate), { force: true });
  throw new SetupError(
    `Another running process owns the data folder ${folder}.`,
    "Stop the other engine, or give this one a folder of its own (VIF_DATA_DIR).",
  );
}

/** Left by processes that were killed between listening and linking. */
async function removeDeadCandidates(folder: string, place: SocketPlace): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith("candidate.") && !(await isAlive(place.path(name))))
      await rm(join(folder, name), { force: true });
  }
}

async function ownerNumbers(folder: string): Promise<readonly number[]> {
  const numbers = (await readdir(folder)).flatMap((name) => OWNER.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** @returns false when the name is taken */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return false;
    throw cause;
  }
}

/** Only a refusal or a missing socket means death: a frozen owner or a full backlog still lives. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (cause) => {
      const code = codeOf(cause);
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

interface SocketPlace {
  /** A path by which the kernel finds `name` in the folder. */
  path(name: string): string;
  close(): Promise<void>;
}

/** A long folder is named by an open descriptor of it where the system can (Linux). */
async function openSocketPlace(folder: string): Promise<SocketPlace> {
  const longest = join(folder, `candidate.${process.pid}.${"0".repeat(12)}`);
  if (Buffer.byteLength(longest) <= socketPathBytesMax) {
    return { path: (name) => join(folder, name), close: () => Promise.resolve() };
  }
  if (process.platform !== "linux") {
    throw new SetupError(
      `The path of the data folder ${folder} is too long for a unix socket in it.`,
      `Choose a folder whose path has at most ${socketPathBytesMax - 35} bytes (VIF_DATA_DIR).`,
    );
  }
  const handle: FileHandle = await open(folder, "r");
  return { path: (name) => `/proc/self/fd/${handle.fd}/${name}`, close: () => handle.close() };
}

function unfitFolder(folder: string, cause: unknown): SetupError {
  const code = codeOf(cause);
  return new SetupError(
    `The data folder ${folder} cannot be used: ${code === "EROFS" || code === "EACCES" || code === "EPERM" ? "it is not writable" : code === "ENOSPC" ? "its disk is full" : `a lock in it failed (${code})`}.`,
    "Give the engine a writable folder on a local disk with free space (VIF_DATA_DIR).",
    { cause },
  );
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
}
