/**
 * A thread that fuzzes from one seed. The input at hand stands in shared memory before it is tried, so that whoever waits in
 * vain for the thread can tell what it hangs on.
 */
import { parentPort, workerData } from "node:worker_threads";
import { fuzz } from "./fuzz-run.ts";

export interface FuzzJob {
  readonly seed: number;
  readonly root: string;
  readonly seconds: number;
  readonly faultsMax: number;
  /** Word 0: how many inputs were begun; word 1: bytes of the one at hand, which follow. */
  readonly shared: SharedArrayBuffer;
}

const { seed, root, seconds, faultsMax, shared } = workerData as FuzzJob;
const words = new Int32Array(shared, 0, 2);
const bytes = new Uint8Array(shared, 8);
const until = performance.now() + seconds * 1_000;
const encoder = new TextEncoder();
const report = fuzz({
  seed,
  root,
  faultsMax,
  isOver: () => performance.now() > until,
  onInput(files) {
    // Shared memory cannot be encoded into directly.
    const text = encoder.encode(JSON.stringify({ files }));
    bytes.set(text.subarray(0, bytes.length));
    Atomics.store(words, 1, text.length);
    Atomics.add(words, 0, 1);
  },
});
parentPort?.postMessage(report);
