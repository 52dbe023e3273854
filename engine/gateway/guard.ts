/**
 * The net under everything that a sender's bytes set off on the gateway's thread. No bytes are known to make any of it
 * throw; should some do all the same, the one connection they came by is closed and the fault is told to the operator. An
 * error that escaped from a callback would end the process, and every other connection with it.
 */

/** Runs `task` at once; an error in it is dealt with and does not come out. */
export type Guard = (task: () => void) => void;

/** One text for the log, without personal values. */
export type FaultLog = (text: string) => void;

/** @param close ends the connection that the task belongs to; whether it is gone already it must see itself */
export function createGuard(place: string, log: FaultLog, close: () => void): Guard {
  return (task) => {
    try {
      task();
    } catch (error) {
      log(faultText(place, error));
      closeQuietly(close, { place, log });
    }
  };
}

function closeQuietly(close: () => void, { place, log }: { readonly place: string; readonly log: FaultLog }): void {
  try {
    close();
  } catch (error) {
    log(faultText(`${place}, closing`, error));
  }
}

/** The kind of an error and where it arose. Its message may quote what was sent (JSON.parse's does), so that is left out. */
export function faultText(place: string, error: unknown): string {
  if (!(error instanceof Error)) return `${place}: threw what is no error`;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line));
  return [`${place}: ${error.constructor.name}`, ...frames].join("\n");
}
