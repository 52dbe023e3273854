/**
 * The face of the profile room (2): the state of one person as a pure fold of records, its stored row, and the cache of
 * profiles that a worker holds. Other rooms import from here only.
 */
export { absorb } from "./absorb.ts";
export { becameOf, deadBefore, dueOf, hasCounted, isNewOutcome, showingTooOld } from "./agenda.ts";
export type { Agenda, EndedMessage, WaitingMessage } from "./agenda.ts";
export {
  applyAttempt,
  applyDecided,
  applyEvent,
  applyExposed,
  applyLedger,
  applyOutcome,
  applyTransition,
  bindIdentifier,
  isTooOld,
  judge,
  judgeReceipt,
  seal,
  segmentEpoch,
  setIdentifierState,
} from "./apply.ts";
export { clearAged, saidIn } from "./attributes.ts";
export { anonymousId, emptiedCell, emptiedOf, isEmptied } from "./emptied.ts";
export { type Exposures, isExposed } from "./exposures.ts";
export { type Packing, ProfileCache, type RowsWanted } from "./cache.ts";
export { lackingBetween, uniteBackfill } from "./backfill.ts";
export { layoutOf, PlanCollisionError } from "./plan-layout.ts";
export { heldReceipt, withHeldReturns } from "./points.ts";
export type { HeldReceipt, Points } from "./points.ts";
export { bytesOf, createProfile, Profile } from "./profile.ts";
export type { HeldIdentifier, IdentifierState } from "./profile.ts";
export { contributionsOf, portrayProfile } from "./portrait.ts";
export type { Contribution, ProfilePortrait } from "./portrait.ts";
export { rebase } from "./rebase.ts";
export { decodeProfile, encodeProfile, UnknownRowError } from "./row-codec.ts";
export { readRowHead, type RowHead, saySame } from "./row-head.ts";
export { canonical, summarise } from "./summary.ts";
export { setOff } from "./set-off.ts";
export type { Flip, Happened } from "./set-off.ts";
export { viewAsOf } from "./view-as-of.ts";
