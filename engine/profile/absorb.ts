/**
 * Two profiles become one. The result is what folding the events of both into one profile would have given: streams and
 * ids are united as sets, so that an event which both had applied counts once; attributes are decided by their stamps; a
 * segment that either was in is not entered again. One thing is stricter than that: a consent that either has refused is
 * refused (model/consent.ts). Only contributions that both had folded to days already cannot be told
 * apart and are added: such an event came twice and among more than 1,024 later ones of its stream.
 */
import { backfillMarksMax } from "../limits.ts";
import { enterConsents, uniteConsents } from "../model/consent.ts";
import type { ProfileId } from "../model/ids.ts";
import { uniteAgendas } from "./agenda.ts";
import { putAttribute } from "./attributes.ts";
import { instantOfKey, tagOf, tagOfKey } from "./contribution.ts";
import { uniteExposures } from "./exposures.ts";
import { uniteFirings } from "./firings.ts";
import { membershipsIn, uniteStays } from "./memberships.ts";
import { type HeldIdentifier, type IdentifierState, type Profile, recountTexts } from "./profile.ts";
import { uniteKnownPoints, unitePoints } from "./points.ts";
import { unitOf } from "./remembered-ids.ts";
import { decodeProfile } from "./row-codec.ts";
import { copyStream, missingIn } from "./stream-copy.ts";

/** The further along wins. */
const STATE_RANK: Readonly<Record<IdentifierState, number>> = { unproved: 0, pending: 1, bound: 2 };

/**
 * Takes the state of `loser` into `winner`, once by `mergeId`. A loser that comes again under another id is one whose store
 * went back to before it was sealed, and that has lived on since: what of it is new is taken, the rest is known.
 * @param loserRow as `encodeProfile` gave it before the loser was sealed
 * @returns false when this merge was absorbed before and nothing has changed
 * @throws Error for the row of a sealed profile: its state has gone elsewhere
 */
export function absorb(winner: Profile, loserRow: Uint8Array, mergeId: string, loser: ProfileId): boolean {
  winner.memo = undefined;
  if (winner.merges.includes(mergeId)) return false;
  const other = decodeProfile(loserRow, winner.plan, loser);
  if (other.sealedInto !== undefined) throw new Error("a sealed profile's row has no state to absorb");
  winner.clock = Math.max(winner.clock, other.clock);
  winner.wakeUp = Math.min(winner.wakeUp, other.wakeUp);
  const isAgain = winner.absorbed.includes(loser);
  // What the loser had absorbed may be sent here as well, by who has not heard that it was answered.
  winner.merges = [...new Set([...winner.merges, ...other.merges, mergeId])];
  winner.absorbed = [...new Set([...winner.absorbed, loser, ...other.absorbed, ...winner.absorbed])].filter(
    (id) => id !== winner.id,
  );
  winner.marks = [...new Set([...winner.marks, ...other.marks])].slice(-backfillMarksMax);
  const twice = absorbIds(winner, other);
  absorbStreams(winner, other, { isAgain, twice });
  winner.points = isAgain ? uniteKnownPoints(winner.points, other.points) : unitePoints(winner.points, other.points);
  winner.firings = uniteFirings(winner.firings, other.firings);
  // Of a loser that is known only what it has said since is new: its refusals of before were heeded then.
  winner.consents = isAgain
    ? enterConsents(winner.consents, other.consents)
    : uniteConsents(winner.consents, other.consents);
  winner.agenda = uniteAgendas(winner.agenda, other.agenda);
  winner.exposures = uniteExposures(winner.exposures, other.exposures);
  for (const attribute of other.attributes) winner.attributes = putAttribute(winner.attributes, attribute);
  winner.streams.changed();
  const known = new Map(membershipsIn(winner.memberships).map((each) => [each.index, each]));
  for (const theirs of membershipsIn(other.memberships)) {
    const ours = known.get(theirs.index);
    winner.setMembership(ours === undefined ? theirs : uniteStays(ours, theirs));
  }
  for (const theirs of other.sleeping) {
    const ours = winner.sleeping.find(({ hash }) => hash === theirs.hash);
    winner.putStay(ours === undefined ? theirs : uniteStays(ours, theirs));
  }
  for (const identifier of other.identifiers) winner.identifiers = uniteIdentifier(winner.identifiers, identifier);
  recountTexts(winner);
  return true;
}

/**
 * @returns whether a contribution of the loser's is of what both have applied under one id: it may have another time there,
 * where a repetition was dated anew, or another body, and is the winner's all the same
 */
function absorbIds(winner: Profile, other: Profile): (key: number) => boolean {
  winner.ids.raiseFloor(other.ids.floorUnit);
  const twice = new Set<string>();
  for (const id of other.ids.inOrder())
    if (winner.ids.bodyOf(id) >= 0) twice.add(`${id.unit} ${tagOf(id)}`);
    else winner.ids.add(id, winner.clock);
  return (key) => twice.size > 0 && twice.has(`${unitOf(instantOfKey(key))} ${tagOfKey(key)}`);
}

interface Absorbing {
  /** Days cannot be told apart, so those of a loser that is known are not added once more. */
  readonly isAgain: boolean;
  /** Of a contribution's key. */
  readonly twice: (key: number) => boolean;
}

function absorbStreams(winner: Profile, other: Profile, { isAgain, twice }: Absorbing): void {
  const { streams } = winner;
  for (const index of other.streams.indexes()) {
    const theirs = copyStream(other.streams, index);
    for (const { key, value } of missingIn(copyStream(streams, index), theirs))
      if (!twice(key)) streams.add(winner, index, key, value);
    if (theirs.days !== undefined && !isAgain) streams.addDays(winner, index, theirs.days);
  }
  streams.takeTexts(other.streams.texts);
}

function uniteIdentifier(held: readonly HeldIdentifier[], theirs: HeldIdentifier): readonly HeldIdentifier[] {
  const at = held.findIndex(({ kind, value }) => kind === theirs.kind && value === theirs.value);
  if (at < 0) return held.concat([theirs]);
  const ours = held[at] as HeldIdentifier;
  return STATE_RANK[theirs.state] > STATE_RANK[ours.state] ? held.with(at, theirs) : held;
}
