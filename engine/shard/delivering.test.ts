/** What attempts come to, in a real turn: an answer that is late says only what is not known yet. */
import { expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { createProfileId, type PlanDigest, type ShardId, type Slot } from "../model/ids.ts";
import type { AttemptOutcome } from "../deliver/port.ts";
import { BatchWriter, decodeBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { messageIdOf } from "../model/trigger.ts";
import { createProfile, type Profile } from "../profile/port.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import { settle } from "./delivering.ts";
import { Residents } from "./residents.ts";
import { Shard } from "./shard.ts";
import { Turn } from "./turn.ts";

const PLAN = loadPlan(encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as never));
const PERSON = createProfileId(0 as Slot, 0, 1);
const NOW = Date.UTC(2026, 2, 1);
const CAUSE = { is: "time", due: NOW } as const;
const MESSAGE = messageIdOf("hello", PERSON, CAUSE);
const OF = { profile: PERSON, message: MESSAGE, trigger: "hello" } as const;
const INTENT = { template: "hello", by: ["email"], category: "marketing", priority: 50, competesForMs: 0 } as const;
const UNKNOWN: AttemptOutcome = { is: "unknown", reason: "crash" };
const ACCEPTED: AttemptOutcome = { is: "accepted", providerId: undefined };

const TRIED_ONCE: readonly JournalRecord[] = [
  {
    ...OF,
    kind: "decided",
    cause: CAUSE,
    at: NOW,
    intent: { ...INTENT, expiresMs: undefined, holdout: undefined },
    plan: "p" as PlanDigest,
  },
  { ...OF, kind: "attempt", channel: "email", attempt: 1, to: 7 },
];
const TRIED_AGAIN: readonly JournalRecord[] = [
  { ...OF, kind: "outcome", channel: "email", attempt: 1, outcome: UNKNOWN, again: NOW },
  { ...OF, kind: "attempt", channel: "email", attempt: 2, to: 7 },
];

/** What is recorded when the first attempt is said to be accepted, behind all that. */
function recordedBehind(story: readonly JournalRecord[]): readonly JournalRecord[] {
  const random = { below: () => 0 };
  const shard = new Shard(0 as ShardId, 1, PLAN);
  const residents = new Residents(
    createReferenceStore(1, () => NOW),
    1_000_000,
    { random },
  );
  const profile: Profile = createProfile(PERSON, PLAN);
  residents.addProfile(profile);
  const writer = new BatchWriter();
  const turn = new Turn({
    shard,
    residents,
    instant: NOW,
    random,
    planted: {},
    writer,
    delivery: undefined,
    beganMs: 0,
  });
  for (const record of story) turn.emit(record);
  settle(turn, profile, { message: MESSAGE, attempt: 1, outcome: ACCEPTED });
  return decodeBatch(writer.finish().bytes).records.slice(story.length);
}

const END = { ...OF, kind: "outcome", attempt: 1, outcome: { is: "accepted" } };

it("an attempt's own answer ends its message, and so does a late one where it was given up for unknown", () => {
  expect(recordedBehind(TRIED_ONCE)).toMatchObject([END]);
  expect(
    recordedBehind([...TRIED_ONCE, { ...OF, kind: "outcome", channel: "email", attempt: 1, outcome: UNKNOWN }]),
  ).toMatchObject([END]);
});

it("a late answer of an attempt before is nothing new where a later one was accepted, or is under way", () => {
  const tried = [...TRIED_ONCE, ...TRIED_AGAIN];
  expect(recordedBehind(tried)).toEqual([]);
  expect(
    recordedBehind([...tried, { ...OF, kind: "outcome", channel: "email", attempt: 2, outcome: ACCEPTED }]),
  ).toEqual([]);
  // Given up in the end, it has come to something after all.
  expect(
    recordedBehind([...tried, { ...OF, kind: "outcome", channel: "email", attempt: 2, outcome: UNKNOWN }]),
  ).toMatchObject([END]);
});
