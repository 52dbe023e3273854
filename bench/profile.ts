/**
 * What the profile room costs: nanoseconds of one event, one read of an aggregate, one row; bytes of an ordinary shop's
 * profile stored and resident. Estimates are printed beside what was measured. Needs --expose-gc for the resident bytes.
 */
import type { Event, EventName, JsonObject } from "../engine/model/event.ts";
import { digestText, hashText } from "../engine/model/hash.ts";
import { createProfileId, type PlanDigest, type ProfileId, type SourceId, type Slot } from "../engine/model/ids.ts";
import { utcPlanZone } from "../engine/model/local-zones.ts";
import type { AggregateDefinition, Plan, StreamDefinition } from "../engine/model/plan.ts";
import { EVER, type Window } from "../engine/model/window.ts";
import {
  applyEvent,
  applyTransition,
  bindIdentifier,
  createProfile,
  decodeProfile,
  encodeProfile,
  judge,
  ProfileCache,
  type Profile,
} from "../engine/profile/port.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 2, 1);
const NAMES = ["page_viewed", "product_viewed", "cart_updated", "order_completed", "store_visited", "email_opened"];
const WINDOWS: readonly Window[] = [
  ...[3_600_000, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS].map((ms) => ({ kind: "last" as const, ms })),
  EVER,
];

/** A shop's plan: 10 streams an event name is too many, two are usual; 60 aggregates over 30 streams. */
function createShopPlan(): Plan {
  const streams: StreamDefinition[] = NAMES.flatMap((name) =>
    ["", ".total", ".shoes", ".bags", ".hats"].map((suffix) => ({
      id: hashText(name + suffix),
      key: name + suffix,
      event: name as EventName,
      contribution: (fields: JsonObject) => {
        if (suffix === "") return 1;
        if (suffix !== ".total") return fields.category === suffix.slice(1) ? 1 : undefined;
        return typeof fields.total === "number" ? Math.round(fields.total * 10_000) : undefined;
      },
    })),
  );
  const aggregates: AggregateDefinition[] = Array.from({ length: 60 }, (_, n) => ({
    stream: n % streams.length,
    reduce: (n % streams.length) % 5 === 1 ? ("sum" as const) : n % 7 === 0 ? ("last" as const) : ("count" as const),
    window: WINDOWS[n % WINDOWS.length] as Window,
  }));
  const byName = new Map(NAMES.map((name) => [name, streams.flatMap((each, i) => (each.event === name ? [i] : []))]));
  return {
    digest: "bench" as PlanDigest,
    attributes: ["email", "city", "firstName", "birthday", "language", "points", "vip", "store", "gender", "age"].map(
      (name) => ({ name, type: name === "points" || name === "age" ? ("number" as const) : ("text" as const) }),
    ),
    streams,
    aggregates,
    segments: Array.from({ length: 200 }, (_, n) => `segment-${n}`),
    contents: [],
    zone: utcPlanZone,
    streamsOf: (event) => byName.get(event) ?? [],
    evaluate: () => undefined,
    decide: () => [],
    nextFlip: () => Number.POSITIVE_INFINITY,
  };
}

let random = 42;
function below(bound: number): number {
  random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((random / 2 ** 32) * bound);
}

const CATEGORIES = ["shoes", "bags", "hats", "other", "other", "other"];
let messages = 0;

function createEvent(timestamp: number): Event {
  const name = NAMES[[0, 0, 0, 0, 1, 1, 1, 2, 3, 5][below(10)] as number] as EventName;
  const fields = { category: CATEGORIES[below(6)] as string, total: below(10_000) / 100 };
  const digest = digestText(`website:01HV${(messages++).toString(36)}`);
  return {
    type: "track",
    name,
    source: "website" as SourceId,
    messageId: "",
    digest,
    bodyHash: digest.low ^ 0x5bd1e995,
    identifiers: [],
    proved: true,
    timestamp,
    fields,
    body: "",
  };
}

function createTraits(n: number, timestamp: number): Event {
  const fields = {
    email: `customer${n}@example.fr`,
    city: ["Paris", "Lyon", "Lille"][n % 3] as string,
    points: n % 900,
  };
  return {
    ...createEvent(timestamp),
    type: "identify",
    name: "identified" as EventName,
    fields: { ...fields, language: "fr" },
  };
}

/** 20 remembered ids, 1.5 identifiers, 4 attributes, about 15 contributions in 8 streams, 3 segments. */
function createShopProfile(plan: Plan, n: number): Profile {
  const id = createProfileId((n % 4096) as Slot, NOW - 30 * DAY_MS, n);
  const profile = createProfile(id, plan);
  const hex = hashText(String(n)).toString(16).padStart(8, "0");
  bindIdentifier(profile, { kind: "anonymous", value: `${hex}-2ef4-4b3a-9f6e-0c7d2d6e2f11` }, "bound");
  if (n % 2 === 0) bindIdentifier(profile, { kind: "user", value: `customer-${n}` }, "bound");
  applyEvent(profile, createTraits(n, NOW - 5 * DAY_MS), NOW - 5 * DAY_MS);
  let at = NOW - 5 * DAY_MS;
  for (let i = 0; i < 9; i++) {
    at += below(2) === 0 ? below(90_000) : below(DAY_MS);
    applyEvent(profile, createEvent(at), at);
  }
  // Ids without contributions: events that no rule counts.
  for (let i = 0; i < 10; i++) {
    at += below(90_000);
    applyEvent(profile, { ...createEvent(at), name: "elsewhere" as EventName }, at);
  }
  for (const segment of [3, 77, 150]) applyTransition(profile, `segment-${segment}`, true, 1, at);
  profile.position = 1_000_000 + n;
  profile.wakeUp = at + DAY_MS;
  return profile;
}

function nsEach(label: string, estimateNs: number, count: number, run: () => void): void {
  run();
  const samples: number[] = [];
  for (let sample = 0; sample < 9; sample++) {
    // CPU time, not the clock's: on a busy machine the clock measures the neighbours.
    const from = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(from);
    samples.push(((user + system) * 1000) / count);
  }
  samples.sort((a, b) => a - b);
  const [best, median] = [samples[0] as number, samples[4] as number];
  console.log(`${label.padEnd(58)} ${best.toFixed(0).padStart(6)} ${median.toFixed(0).padStart(6)}   (~${estimateNs})`);
}

const plan = createShopPlan();
const PROFILES = 5_000;
const profiles = Array.from({ length: PROFILES }, (_, n) => createShopProfile(plan, n));
const rows = profiles.map(encodeProfile);
const total = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0);
console.log(`row: ${(total(rows.map((row) => row.length)) / PROFILES).toFixed(0)} bytes`);
const streams = profiles.map((each) => each.streams.count);
console.log(`streams with contributions: ${(total(streams) / PROFILES).toFixed(1)}, ids: ${profiles[1]?.ids.count}`);

console.log(`${"".padEnd(58)}   best median  (estimate), ns of CPU`);
let now = NOW;
let sink = 0;
const VISITS = 10_000;
/** Made before they are timed, as the gateway has made them by then. */
const rounds: Event[][] = [];
function makeRounds(): void {
  for (let round = 0; round < 10; round++)
    rounds[round] = Array.from({ length: VISITS }, () => createEvent((now += 5)));
}
let roundNow = 0;
function visit(profilesTouched: number): void {
  const events = rounds[roundNow++ % 10] as Event[];
  for (let i = 0; i < VISITS; i++) {
    const event = events[i] as Event;
    const profile = profiles[(i * 7919) % profilesTouched] as Profile;
    if (judge(profile, event, event.timestamp) !== "new") throw new Error("not new");
    applyEvent(profile, event, event.timestamp);
  }
}
const wire = JSON.stringify({
  ...createEvent(now),
  context: { page: { url: "https://shop.example/shoes?color=blue" } },
});
nsEach(`yardstick: JSON.parse of an event of ${wire.length} bytes`, 1_500, VISITS, () => {
  for (let i = 0; i < VISITS; i++) sink += (JSON.parse(wire) as Event).timestamp;
});
makeRounds();
nsEach("judge + apply, 5,000 profiles in turn", 500, VISITS, () => visit(PROFILES));
makeRounds();
nsEach("judge + apply, 3 very busy profiles", 500, VISITS, () => visit(3));
const fresh = Array.from({ length: 2_000 }, (_, n) => createShopProfile(plan, n));
nsEach("read one of 60 aggregates, ordinary profiles", 20, fresh.length * 60, () => {
  for (const profile of fresh) for (let i = 0; i < 60; i++) sink += profile.aggregate(i, NOW);
});
nsEach("read one of 60 aggregates, a very busy profile", 40, 1_000 * 60, () => {
  for (let n = 0; n < 1_000; n++) for (let i = 0; i < 60; i++) sink += (profiles[0] as Profile).aggregate(i, now + n);
});
nsEach("valid until, ordinary profiles", 20, fresh.length * 60, () => {
  for (const profile of fresh) for (let i = 0; i < 60; i++) sink += profile.aggregateValidUntil(i, NOW);
});
nsEach("in segment", 5, fresh.length * 200, () => {
  for (const profile of fresh) for (let i = 0; i < 200; i++) sink += profile.inSegment(i) ? 1 : 0;
});
nsEach("encode an ordinary profile", 3_000, fresh.length, () => {
  for (const profile of fresh) sink += encodeProfile(profile).length;
});
const freshRows = fresh.map((each) => [each.id, encodeProfile(each)] as const);
nsEach("decode an ordinary profile", 5_000, freshRows.length, () => {
  for (const [id, row] of freshRows) sink += decodeProfile(row, plan, id).position;
});

function residentBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Fills a cache of that bound with ordinary profiles and says what each takes, measured and by the cache's own count. */
function measureResident(label: string, bytesMax: number, count: number): void {
  const before = residentBytes();
  const cache = new ProfileCache(bytesMax);
  for (let n = 0; n < count; n++) {
    const { id, row } = stored[n] as { id: ProfileId; row: Uint8Array };
    cache.put(decodeProfile(row, plan, id));
    if (n % 1_000 === 0) cache.trim();
  }
  cache.trim();
  const bytes = residentBytes() - before;
  const [measured, counted] = [bytes / cache.size, cache.bytes / cache.size];
  console.log(
    `${label}: ${cache.size} profiles, ${measured.toFixed(0)} bytes each measured, ${counted.toFixed(0)} counted`,
  );
  if (cache.size === sink) console.log(cache.get((stored[0] as { id: ProfileId }).id));
}

const STORED = 60_000;
const stored = Array.from({ length: globalThis.gc === undefined ? 0 : STORED }, (_, n) => {
  const profile = createShopProfile(plan, n);
  return { id: profile.id, row: encodeProfile(profile) };
});
if (globalThis.gc !== undefined) {
  measureResident("open", Number.MAX_SAFE_INTEGER, STORED / 2);
  measureResident("packed where the bound is reached", 48 * 1024 * 1024, STORED);
}
if (sink === 1) console.log(sink);
