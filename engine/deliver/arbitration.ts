/**
 * Which of several messages to one person is sent: of those of one category that wait for others to compete with, the one
 * with the highest priority, then the one decided first, then by id. A message that has been attempted, or waits for nobody,
 * takes no part. Pure.
 */
import type { Agenda, WaitingMessage } from "../profile/port.ts";

function competes({ intent, attempts }: WaitingMessage): boolean {
  return intent.competesForMs > 0 && attempts === 0;
}

/** Whether `a` comes before `b`. */
function outranks(a: WaitingMessage, b: WaitingMessage): boolean {
  if (a.intent.priority !== b.intent.priority) return a.intent.priority > b.intent.priority;
  if (a.since !== b.since) return a.since < b.since;
  return a.message < b.message;
}

/** @param maySend whether nothing else keeps the other from being sent, now or later */
export function outbidBy(
  waiting: WaitingMessage,
  agenda: Agenda,
  maySend: (other: WaitingMessage) => boolean,
): WaitingMessage | undefined {
  if (!competes(waiting)) return undefined;
  return agenda.waiting.find(
    (other) => other !== waiting && isRival(other, waiting) && outranks(other, waiting) && maySend(other),
  );
}

/** Those that lose against one that goes out now. */
export function losersTo(sent: WaitingMessage, agenda: Agenda): readonly WaitingMessage[] {
  if (!competes(sent)) return [];
  return agenda.waiting.filter((other) => other !== sent && isRival(other, sent) && outranks(sent, other));
}

function isRival(other: WaitingMessage, { intent }: WaitingMessage): boolean {
  return competes(other) && other.intent.category === intent.category;
}
