/**
 * Lets a thread stand back behind those that answer, for long work that nobody waits for: training, reconciling, reading the
 * past. Not for short work that comes all the time: what is put back while it holds a lock of the process (its memory map is
 * one) keeps everybody waiting for it. It still gets all that is left over, and a tenth of a core where nothing is. Only Linux
 * gives a thread a priority of its own (setpriority(2), "C library/kernel differences"); elsewhere it would be the whole
 * process's, and nothing is done.
 */
import { readdirSync } from "node:fs";
import { constants, getPriority, platform, setPriority } from "node:os";

/** Node starts them before any other thread: one that keeps their times, and as many that work as `--v8-pool-size` says. */
const V8_THREADS = 1 + 4;

const BACK = constants.priority.PRIORITY_BELOW_NORMAL;

/** Of the calling thread and those that it starts. */
export function standBack(): void {
  putBack(0);
}

/**
 * Of the threads with which V8 marks heaps and compiles beside all others of this process: five together take the cores of
 * a small machine for as long as a heap has objects, and what they are late with the thread whose heap it is does itself.
 */
export function standV8Back(): void {
  if (platform() !== "linux") return;
  const threads = readdirSync("/proc/self/task").map(Number);
  for (const thread of threads.sort((a, b) => a - b).slice(1, 1 + V8_THREADS)) putBack(thread);
}

/** @param thread as Linux numbers it; 0: the calling one */
function putBack(thread: number): void {
  // A process that was started further back may not come forward.
  if (platform() === "linux" && getPriority(thread) < BACK) setPriority(thread, BACK);
}
