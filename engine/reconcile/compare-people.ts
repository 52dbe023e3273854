/**
 * Everybody of a part of a shard in live held against the same people folded from history, each as of what live has applied.
 * Whoever differs is told with what is needed to put them right, and with what may be wrong with the records themselves. Pure.
 */
import type { JsonObject } from "../model/event.ts";
import type { Position, ProfileId } from "../model/ids.ts";
import { encodeProfile, isEmptied, type Profile, saySame } from "../profile/port.ts";
import { comparable, sectionsOf, type Unsettled, wakeUpSection } from "./comparable.ts";
import type { FoldedPart, ToldRecord } from "./fold-part.ts";
import type { HistoryFlaw } from "./history-records.ts";
import { type Judgement, judgementOf, type LivePerson, type LiveShard, openLive } from "./live-part.ts";
import type { DriftSection } from "./port.ts";
import type { SnapshotPart } from "./snapshots.ts";

export interface PersonDrift {
  readonly id: ProfileId;
  /** `differs`: at the same position; `stale`: live lacks records that it vouches for; `ahead`: history lacks some;
   *  `oversleeps`: something of theirs is due before they are woken. */
  readonly is: "differs" | "stale" | "ahead" | "missing" | "unknown" | "contradicted" | "oversleeps";
  readonly sections: readonly DriftSection[];
  readonly contradicted: readonly string[];
  /** As of all records, to be put in its place; undefined in the first look. */
  readonly row: Uint8Array | undefined;
  readonly records: readonly ToldRecord[];
  /** The records themselves are not to be trusted. */
  readonly flaw: HistoryFlaw["cause"] | undefined;
}

export function comparePeople(
  people: ReadonlyMap<ProfileId, LivePerson>,
  of: {
    readonly folded: FoldedPart;
    readonly base: SnapshotPart | undefined;
    readonly live: LiveShard;
    readonly unsettled: Unsettled;
    /** Memberships are held against the rules. */
    readonly judges: boolean;
    readonly closely: ReadonlySet<string> | undefined;
  },
): readonly PersonDrift[] {
  const { folded, base, live, unsettled, judges, closely } = of;
  const drifts: PersonDrift[] = [];
  const wanted = (id: ProfileId): boolean => closely === undefined || closely.has(id);
  for (const [id, person] of people) {
    const isAsThen = person.is === "kept" && person.unheard === undefined && !folded.isTouched(id);
    if (!wanted(id) || isAsThen) continue;
    const expected = folded.profileAt(id);
    const difference = differenceOf(person, { folded, id, expected, unsettled, judges });
    if (difference === undefined) continue;
    const { is, contradicted, overslept } = difference;
    const liveForm = closely === undefined ? undefined : formOf(person, { folded, id, unsettled });
    const sections =
      is === "oversleeps"
        ? [wakeUpSection({ wakeUp: person.wakeUp, overslept })]
        : sectionsOf(liveForm, expected && comparable(expected, unsettled));
    drifts.push({
      id,
      is,
      sections: closely === undefined ? [] : sections,
      contradicted,
      ...closeOf(folded, id, { closely, live: person.is === "unreadable" ? undefined : person.position }),
    });
  }
  for (const id of new Set([...folded.refold.people.keys(), ...(base?.people.keys() ?? [])])) {
    if (people.has(id) || !wanted(id)) continue;
    const since = folded.refold.people.get(id)?.since ?? base?.personOf(id)?.since ?? 0;
    if (since > live.watermark) continue;
    const expected = folded.profileAt(id);
    // What is left of an emptied one goes by itself.
    if (expected !== undefined && isEmptied(expected)) continue;
    const form = expected && comparable(expected, unsettled);
    const sections = closely === undefined ? [] : sectionsOf(undefined, form);
    drifts.push({
      id,
      is: "missing",
      sections,
      contradicted: [],
      ...closeOf(folded, id, { closely, live: undefined }),
    });
  }
  return drifts;
}

interface Against {
  readonly folded: FoldedPart;
  readonly id: ProfileId;
  readonly unsettled: Unsettled;
}

interface Difference extends Judgement {
  readonly is: PersonDrift["is"];
}

function differenceOf(
  person: LivePerson,
  { expected, judges, ...against }: Against & { readonly expected: Profile | undefined; readonly judges: boolean },
): Difference | undefined {
  const { folded, id } = against;
  const differs = (is: PersonDrift["is"]): Difference => ({ is, contradicted: [], overslept: undefined });
  if (expected === undefined) return differs("unknown");
  if (person.is === "unreadable") return differs("differs");
  if (folded.isStale(id)) return differs("stale");
  if (expected.position < person.position) return differs("ahead");
  // Only a row of a snapshot holds more than live has applied.
  if (expected.position > person.position) return differs("stale");
  const live = person.row === undefined ? expected : sameAs(person.row, expected, against);
  if (live === undefined) return differs("differs");
  // What follows the live row may have changed it.
  if (folded.hasMoved(id)) return undefined;
  const judged = judgementOf(person, live, { plan: folded.refold.plan, judges });
  if (judged.contradicted.length > 0) return { is: "contradicted", ...judged };
  return judged.overslept === undefined ? undefined : { is: "oversleeps", ...judged };
}

/**
 * The live profile, where its row says what the records give; undefined: it does not. Rows of one form are nearly always the
 * same, and then what was folded is the live profile; what their order of writing left in them is no difference.
 */
function sameAs(row: Uint8Array, expected: Profile, { folded, id, unsettled }: Against): Profile | undefined {
  const folds = folded.rowAt(id, expected);
  if (folds !== undefined && saySame(row, folds)) return expected;
  const live = openLive(row, { plan: folded.refold.plan, id });
  if (live === undefined) return undefined;
  const [ours, theirs] = [comparable(live, unsettled), comparable(expected, unsettled)];
  return JSON.stringify(ours) === JSON.stringify(theirs) ? live : undefined;
}

function formOf({ is, row }: LivePerson, { folded, id, unsettled }: Against): JsonObject | undefined {
  const live = row === undefined || is === "unreadable" ? undefined : openLive(row, { plan: folded.refold.plan, id });
  return live && comparable(live, unsettled);
}

/** @param of `live`: what live has applied to them; undefined: nothing that can be read */
function closeOf(
  folded: FoldedPart,
  id: ProfileId,
  { closely, live }: { readonly closely: ReadonlySet<string> | undefined; readonly live: Position | undefined },
): Pick<PersonDrift, "row" | "records" | "flaw"> {
  const records = folded.told.get(id) ?? [];
  const now = closely === undefined ? undefined : folded.profileNow(id);
  const flaw = live === undefined ? undefined : flawOf(folded, id, { records, live });
  return { row: now && encodeProfile(now), records, flaw };
}

/** Of the flaws of the shard's history the one that this person's records may have suffered from. */
function flawOf(
  { flaws, broken }: FoldedPart,
  id: ProfileId,
  { records, live }: { readonly records: readonly ToldRecord[]; readonly live: Position },
): HistoryFlaw["cause"] | undefined {
  // What stands twice is folded once.
  const suffered = flaws.filter(({ cause }) => cause !== "repeated_rows");
  const hit = suffered.find(({ from, to }) => records.some(({ position }) => position >= from && position <= to));
  if (hit !== undefined) return hit.cause;
  // Whose a missing record was nobody can tell; but what live has not come to it does not have either.
  const missing = suffered.find(({ cause, from }) => cause === "missing_rows" && from <= live);
  if (missing !== undefined) return missing.cause;
  return broken.has(id) ? (suffered[0]?.cause ?? "edited_history") : undefined;
}
