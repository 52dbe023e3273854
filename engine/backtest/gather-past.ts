/**
 * What a new plan lacks, gathered from history: each person's events are folded once more, by the engine's own fold, into a
 * profile that keeps nothing else, and its row is passed on. One person is in memory at a time. Reads no clock.
 */
import type { History } from "../history/port.ts";
import { TRAIT_EVENTS } from "../model/event.ts";
import { hashText } from "../model/hash.ts";
import { type ProfileId, shardOfProfile } from "../model/ids.ts";
import type { BackfilledStream } from "../model/lacking.ts";
import type { Plan } from "../model/plan.ts";
import { applyEvent, createProfile, encodeProfile, judge, type Profile } from "../profile/port.ts";
import { type Life, readLives } from "./read-lives.ts";
import { fieldsFolded } from "../model/fields-folded.ts";
import type { BackfillPass } from "./shard-lacks.ts";

export interface BackfilledPerson {
  readonly profile: ProfileId;
  readonly row: Uint8Array;
  readonly streams: readonly BackfilledStream[];
}

/** Rejects with HistoryUnavailable. @param onEvents told how many more events have been read */
export async function* gatherPast(
  history: Pick<History, "events">,
  plan: Plan,
  { pass, shards }: { readonly pass: BackfillPass; readonly shards: number },
  onEvents: (events: number) => void,
): AsyncGenerator<BackfilledPerson> {
  const narrow = narrowPlan(plan, pass).plan;
  const names = eventsOfPass(plan, pass);

  function finish(profile: Profile): BackfilledPerson | undefined {
    const has = new Set(profile.streams.indexes().map((index) => plan.streams[index]?.id));
    const since = pass.upTo.get(shardOfProfile(profile.id, shards)) ?? 0;
    const streams = pass.streams
      .filter(({ id }) => has.has(id))
      .map((stream) => ({ ...stream, mark: hashText(`${profile.id} ${stream.id} ${since}`) }));
    if (streams.length === 0 && profile.attributes.length === 0) return undefined;
    return { profile: profile.id, row: encodeProfile(profile), streams };
  }

  const life: Life<Profile> = {
    begin: (id) => createProfile(id, narrow),
    // Two profiles that became one may both have had it.
    live(profile, event) {
      if (judge(profile, event, event.timestamp) !== "duplicate") applyEvent(profile, event, event.timestamp);
    },
    fields: fieldsFolded(plan),
    onRead: onEvents,
  };
  for await (const profile of readLives(history, { names, upTo: pass.upTo }, life)) {
    const done = finish(profile);
    if (done !== undefined) yield done;
  }
}

/** The names of the events that a pass is about. */
export function eventsOfPass(plan: Plan, pass: BackfillPass): readonly string[] {
  const { events } = narrowPlan(plan, pass);
  return [...new Set([...events, ...(pass.attributes.length > 0 ? TRAIT_EVENTS : [])])];
}

/** The plan as one that keeps these streams alone; their indexes stay what they are. */
function narrowPlan(
  plan: Plan,
  { streams }: BackfillPass,
): { readonly plan: Plan; readonly events: readonly string[] } {
  const wanted = new Set(streams.map(({ id }) => id));
  const events = [...new Set(plan.streams.filter(({ id }) => wanted.has(id)).map(({ event }) => event))];
  const byEvent = new Map(
    events.map((event) => [
      event,
      plan.streamsOf(event).filter((index) => wanted.has(plan.streams[index]?.id as number)),
    ]),
  );
  return { plan: { ...plan, streamsOf: (event) => byEvent.get(event) ?? NONE }, events };
}

const NONE: readonly number[] = Object.freeze([]);
