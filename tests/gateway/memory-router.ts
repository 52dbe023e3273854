/**
 * Stands where the router and the shards stand, for tests of the gateway: it really parses each event, remembers message
 * ids and profiles in maps, decides by counting, and answers in a later task, as the real ones do. No durability, no
 * shards, no merges.
 */
import type { EventOptions, EventRouter, FinalAnswer, Lane, Push } from "../../engine/gateway/router-port.ts";
import type { IdentityRules } from "../../engine/gateway/event-identifiers.ts";
import { parseEvent } from "../../engine/gateway/parse-event.ts";
import type { Event } from "../../engine/model/event.ts";
import { slotOfCell } from "../../engine/model/hash.ts";
import { cellKey } from "../../engine/model/identifier.ts";
import type { Identifier } from "../../engine/model/identifier.ts";
import { createProfileId } from "../../engine/model/ids.ts";
import type { PlanDigest, ProfileId } from "../../engine/model/ids.ts";
import type { ProfileSummary } from "../../engine/shard/port.ts";
import type { Decision } from "../../engine/model/plan.ts";

interface KnownProfile {
  readonly id: ProfileId;
  readonly identifier: Identifier;
  events: number;
  readonly watches: Set<(push: Push) => void>;
}

export interface MemoryRouter extends EventRouter {
  readonly applied: readonly Event[];
  inFlight: number;
  /** While true nothing is answered; `release` answers what has gathered. */
  held: boolean;
  release(): void;
  /** The next events are answered busy. */
  busyNext: number;
}

const plan = "plan-1" as PlanDigest;

export function createMemoryRouter(rules: IdentityRules): MemoryRouter {
  const profiles = new Map<string, KnownProfile>();
  const waitingWatches = new Map<string, Set<(push: Push) => void>>();
  const seen = new Map<string, number>();
  const applied: Event[] = [];
  let waiting: (() => void)[] = [];
  let lanes = 0;

  const decisionsOf = (profile: KnownProfile | undefined): readonly Decision[] => [
    { content: "home-hero", show: `hero-${profile?.events ?? 0}`, choice: profile?.events ?? 0 },
  ];

  const router: MemoryRouter = {
    applied,
    inFlight: 0,
    held: false,
    busyNext: 0,
    createLane: (): Lane => ({ lane: ++lanes }),
    release() {
      router.held = false;
      const all = waiting;
      waiting = [];
      for (const answer of all) answer();
    },
    event(_lane, body, options, done) {
      // As over a link: the bytes are gone when the call returns.
      const kept = Uint8Array.from(body);
      answerLater(done, () => applyEvent(kept, options));
    },
    read(whom, want, done) {
      answerLater(done, () => {
        const profile =
          typeof whom === "string" ? [...profiles.values()].find(({ id }) => id === whom) : profiles.get(cellKey(whom));
        const view = want === "profile" && profile !== undefined ? viewOf(profile) : undefined;
        return { is: "read", profile: profile?.id, decisions: decisionsOf(profile), view, plan };
      });
    },
    watch(identifier, onPush) {
      const key = cellKey(identifier);
      const known = profiles.get(key)?.watches ?? waitingWatches.get(key) ?? new Set();
      if (!profiles.has(key)) waitingWatches.set(key, known);
      known.add(onPush);
      return () => void known.delete(onPush);
    },
  };

  function viewOf({ id, identifier, events }: KnownProfile): ProfileSummary {
    return {
      profile: id,
      identifiers: [identifier],
      reachedBy: identifier,
      consents: [],
      attributes: {},
      segments: [],
      position: events,
      epoch: 1,
      applied: [],
      firings: [],
      points: { balance: 0, entries: 0 },
    };
  }

  function answerLater(done: (answer: FinalAnswer) => void, make: () => FinalAnswer): void {
    router.inFlight++;
    const answer = (): void => {
      router.inFlight--;
      done(make());
    };
    setImmediate(() => (router.held ? void waiting.push(answer) : answer()));
  }

  function applyEvent(body: Uint8Array, { origin, decide }: EventOptions): FinalAnswer {
    if (router.busyNext > 0) {
      router.busyNext--;
      return { is: "busy", retryAfterMs: 1_500 };
    }
    const parsed = parseEvent(body, origin, rules);
    if ("problem" in parsed) return { is: "refused", messageId: parsed.messageId, problem: parsed.problem };
    const { event } = parsed;
    const [first] = event.identifiers;
    if (first === undefined) throw new Error("an event without identifiers was parsed");
    const known = profiles.get(cellKey(first));
    const profile = known ?? createProfile(first, event.timestamp);
    const digest = `${event.digest.high}.${event.digest.low}`;
    const before = seen.get(digest);
    if (before !== undefined && before !== event.bodyHash)
      return {
        is: "refused",
        messageId: event.messageId,
        problem: { code: "message_id_conflict", field: "/messageId", message: "used before" },
      };
    seen.set(digest, event.bodyHash);
    if (before === undefined) {
      applied.push(event);
      profile.events++;
      for (const push of profile.watches) push({ profile: profile.id, decisions: decisionsOf(profile) });
    }
    const mayRead = origin.trusted || (first.kind === "anonymous" && first.value === origin.visitor);
    return {
      is: before === undefined ? "applied" : "duplicate",
      messageId: event.messageId,
      profile: profile.id,
      resolved: true,
      created: known === undefined,
      visitor: known === undefined && first.kind === "anonymous" && event.type !== "alias" ? first.value : undefined,
      decisions: decide && mayRead ? decisionsOf(profile) : undefined,
      plan,
    };
  }

  function createProfile(identifier: Identifier, at: number): KnownProfile {
    const key = cellKey(identifier);
    const id = createProfileId(slotOfCell(key), Math.max(0, at), profiles.size);
    const profile = { id, identifier, events: 0, watches: waitingWatches.get(key) ?? new Set() };
    profiles.set(key, profile);
    return profile;
  }

  return router;
}
