/**
 * What is said of a thread that is gone before its work was done. Want of memory is nobody's mistake in the program, and neither
 * is an end without a word; any other error that ended it is a fault, and is told as it is.
 */
import { ThreadEnded } from "../model/errors.ts";

/** @param cause what the thread was ended by; undefined: it said nothing */
export function endOfThread(name: string, cause?: Error): Error {
  if (cause === undefined)
    return new ThreadEnded(`The thread ${name} ended before its work was done. Run it again: it goes on where it was.`);
  if (!("code" in cause) || cause.code !== "ERR_WORKER_OUT_OF_MEMORY") return cause;
  return new ThreadEnded(
    `The thread ${name} ran out of memory before its work was done. Run it again when less else is done on this machine, or on one with more memory: it goes on where it was.`,
    { cause },
  );
}
