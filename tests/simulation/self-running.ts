/** A scheduler that runs by itself whenever a call waits: for who does not live in virtual time. */
import { type Actor, Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";

export function selfRunning(): Scheduler {
  const scheduler = new Scheduler(new SeededRandom(1));
  const after = scheduler.after.bind(scheduler);
  let running = false;
  scheduler.after = (delayMs: number, label: string, actor: Actor | undefined, run: () => void) => {
    if (!running) {
      running = true;
      setImmediate(() => {
        void (async () => {
          while (await scheduler.step());
          running = false;
        })();
      });
    }
    return after(delayMs, label, actor, run);
  };
  return scheduler;
}
