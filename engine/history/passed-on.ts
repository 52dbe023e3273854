/**
 * The calls of a history that whoever stands before one passes on with their words as they are: a link to another thread, one
 * that opens it when it is wanted. All but those that are no single question with a single answer. Here a new call is named
 * for all of them.
 */
import type { History } from "./port.ts";

export type PassedOn = Exclude<keyof History, "events" | "close">;

const ALL: Readonly<Record<PassedOn, true>> = {
  watermarks: true,
  drain: true,
  records: true,
  recordsOf: true,
  latestOf: true,
  seals: true,
  document: true,
  documents: true,
  putDocument: true,
  snapshot: true,
  snapshotPage: true,
  putSnapshotPage: true,
  finishSnapshot: true,
  forgetPages: true,
  copyTo: true,
  countAged: true,
  removeAged: true,
  removePeople: true,
  replaceRecords: true,
  removeRepeated: true,
  forgetSeals: true,
  compact: true,
  countEvents: true,
  receipt: true,
  totals: true,
  transitions: true,
  people: true,
  rebuildPeople: true,
};

export function passedOn(
  pass: (call: PassedOn, words: readonly unknown[]) => Promise<unknown>,
): Pick<History, PassedOn> {
  const calls = Object.keys(ALL).map((call) => {
    return [call, (...words: readonly unknown[]) => pass(call as PassedOn, words)] as const;
  });
  return Object.fromEntries(calls) as unknown as Pick<History, PassedOn>;
}

/** Of a history that is here. */
export function callOf(history: History, call: PassedOn, words: readonly unknown[]): Promise<unknown> {
  return (history[call] as (...words: readonly unknown[]) => Promise<unknown>)(...words);
}
