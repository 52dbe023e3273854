/**
 * Triggers in a shard's turn: what has happened to a profile sets them off (profile room), and each firing is a record. What
 * is paused or stopped does not fire later either, and what is of the past sets nothing off.
 */
import { type Happened, type Profile, setOff } from "../profile/port.ts";
import { waitingMessagesMax } from "../limits-of-delivery.ts";
import { addFirings } from "./firing-counts.ts";
import { refuseBeyond } from "./delivering.ts";
import type { Turn } from "./turn.ts";

export function fireTriggers(turn: Turn, profile: Profile, happened: Omit<Happened, "at">): void {
  const { orders } = turn.shard;
  if (orders.stopped || turn.quiet) return;
  const remembers = turn.planted.firesAgain !== true;
  const missesTimed = turn.planted.missesCompletions === true && happened.since === undefined;
  for (const decided of setOff(profile, { ...happened, at: turn.instant }, remembers))
    if (!orders.paused.includes(decided.trigger) && !(missesTimed && decided.cause.is === "time")) {
      turn.emit(decided);
      turn.fired = addFirings(turn.fired ?? new Map(), [[decided.trigger, 1]]);
      refuseBeyond(turn, profile, decided.message, waitingMessagesMax);
    }
}
