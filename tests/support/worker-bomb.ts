/**
 * A way to make a shard worker's thread throw that no production code knows of: Node itself loads this program into every
 * thread of an engine (`--import`), and there it waits, in the threads that own shards only, for a file to appear. What is
 * written in the file says where the thread throws next: at rest, instead of handing a batch to the store, or after a batch
 * is durable and before anybody is told.
 */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type BombPlace = "at-rest" | "before-append" | "before-answer";

/** What a bomb's error says, in the engine's notes. */
export const BOMB_TEXT = "a bomb of a fault run";

/**
 * Runs in every thread of the engine; `TRIGGER` is put in. Only a shard worker's settings have `cacheBytesMax`. Of two
 * threads that see the file, the one that can rename it has it; one that has nothing to do leaves it to the others.
 */
const PROGRAM = `
import { readFileSync, renameSync } from "node:fs";
import { isMainThread, MessagePort, parentPort, threadId, workerData } from "node:worker_threads";
if (!isMainThread && workerData !== null && typeof workerData === "object" && "cacheBytesMax" in workerData) {
  let place;
  let appendedAtMs = Number.NEGATIVE_INFINITY;
  const explode = () => {
    place = undefined;
    throw new Error(${JSON.stringify(BOMB_TEXT)});
  };
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (...args) {
    const [message] = args;
    // What is not an append, a lease's renewal say, may be missed without harm, and its failure is no accident.
    if (message?.ask?.name === "append") {
      appendedAtMs = performance.now();
      if (place === "before-append") explode();
    }
    if (place === "before-answer" && this === parentPort && message instanceof ArrayBuffer) explode();
    return post.apply(this, args);
  };
  setInterval(() => {
    if (performance.now() - appendedAtMs > 500) return;
    try {
      const taken = TRIGGER + "." + threadId;
      renameSync(TRIGGER, taken);
      place = readFileSync(taken, "utf8");
    } catch {
      return;
    }
    if (place === "at-rest") explode();
  }, 20).unref();
}
`;

export interface WorkerBomb {
  /** For the engine's Node. */
  readonly nodeArguments: readonly string[];
  /** The next shard worker that looks throws there. */
  light(place: BombPlace): void;
}

/** @param folder of its own */
export function createWorkerBomb(folder: string): WorkerBomb {
  const trigger = join(folder, "trigger");
  const program = join(folder, "bomb.mjs");
  writeFileSync(program, PROGRAM.replaceAll("TRIGGER", JSON.stringify(trigger)));
  return {
    nodeArguments: ["--import", program],
    light(place) {
      // Whole or not there.
      writeFileSync(`${trigger}.draft`, place);
      renameSync(`${trigger}.draft`, trigger);
    },
  };
}
