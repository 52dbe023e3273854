/**
 * Lets a thread stand back behind those that answer, for long work that nobody waits for: training, reconciling, reading the
 * past. Not for short work that comes all the time: what is put back while it holds a lock of the process (its memory map is
 * one) keeps everybody waiting for it. It still gets all that is left over, and a tenth of a core where nothing is. Only Linux
 * gives a thread a priority of its own (setpriority(2), "C library/kernel differences"); elsewhere it would be the whole
 * process's, and nothing is done.
 */
import { constants, getPriority, platform, setPriority } from "node:os";

/** Of the calling thread and those that it starts. */
export function standBack(): void {
  const wanted = constants.priority.PRIORITY_BELOW_NORMAL;
  // A process that was started further back may not come forward.
  if (platform() === "linux" && getPriority(0) < wanted) setPriority(0, wanted);
}
