/**
 * Lets a thread stand back behind those that answer, for long work that nobody waits for: training, reconciling, reading the
 * past. Not for short work that comes all the time: what is put back while it holds a lock of the process (its memory map is
 * one) keeps everybody waiting for it. It still gets all that is left over, and a tenth of a core where nothing is. Only Linux
 * gives a thread a priority of its own (setpriority(2), "C library/kernel differences"); elsewhere it would be the whole
 * process's, and nothing is done.
 */
import { readdirSync } from "node:fs";
import { constants, getPriority, platform, setPriority } from "node:os";

/** Node starts them before any other thread: one that keeps their times, and four that work, unless it is told otherwise. */
const V8_THREADS = 1 + 4;

const BACK = constants.priority.PRIORITY_BELOW_NORMAL;

/** Of the calling thread and those that it starts. */
export function standBack(): void {
  putBack(0);
}

/**
 * Of the threads with which V8 marks heaps and compiles beside all others of this process: together they take the cores of a
 * small machine for as long as a heap has objects. Theirs is short work, too, that others may wait for; what they have not
 * begun the thread whose heap it is does itself, and measured it is the better all the same. To be called first of all, while
 * there are few others. Where it cannot be done, nothing is: it only makes an engine faster.
 */
export function standV8Back(): void {
  if (platform() !== "linux" || process.execArgv.some((option) => /^--(v8-pool-size|trace-event)/.test(option))) return;
  try {
    const threads = readdirSync("/proc/self/task").map(Number);
    const others = threads.filter((thread) => thread > process.pid).sort((a, b) => a - b);
    for (const thread of others.slice(0, V8_THREADS)) putBack(thread);
  } catch {
    // A machine that lets nobody do so.
  }
}

/** @param thread as Linux numbers it; 0: the calling one */
function putBack(thread: number): void {
  // A process that was started further back may not come forward.
  if (platform() === "linux" && getPriority(thread) < BACK) setPriority(thread, BACK);
}
