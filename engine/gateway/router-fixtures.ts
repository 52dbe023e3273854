/**
 * What the router is tried against: a scripted cluster of two owners, whose shards own, lose, redirect, merge and switch
 * when a test says so, over links that a test works off step by step, on a clock that goes on only when told.
 */
import { slotOfCell } from "../model/hash.ts";
import type { CellKey, Identifier } from "../model/identifier.ts";
import { cellKey } from "../model/identifier.ts";
import type { PlanDigest, ProfileId, ShardId, SourceId } from "../model/ids.ts";
import { createProfileId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import type { Answer, FromShard, ToShard } from "../shard/port.ts";
import { createRouter } from "./router.ts";

export const SHARDS = 4;
const PLAN = "p1" as PlanDigest;
export const origin = { source: "web" as SourceId, trusted: true, visitor: undefined, receivedAt: 0 };

export interface Body {
  readonly a?: string;
  readonly u?: string;
  readonly id: string;
}

export const bodyOf = (body: Body): Uint8Array => Buffer.from(JSON.stringify(body));
export const parse = (body: Uint8Array): Body => JSON.parse(Buffer.from(body).toString()) as Body;
export const anonymous = (value: string): Identifier => ({ kind: "anonymous", value });
const user = (value: string): Identifier => ({ kind: "user", value });
export const identifiersOf = ({ a, u }: Body): Identifier[] => [
  ...(a === undefined ? [] : [anonymous(a)]),
  ...(u === undefined ? [] : [user(u)]),
];

/** Clock and timers that go on only when told. */
export class Time {
  nowMs = 0;
  readonly #due: { at: number; task: (() => void) | undefined }[] = [];
  readonly clock = { now: () => this.nowMs, monotonicMs: () => this.nowMs };
  readonly timers = {
    after: (delayMs: number, task: () => void) => {
      const entry: { at: number; task: (() => void) | undefined } = { at: this.nowMs + delayMs, task };
      this.#due.push(entry);
      return () => void (entry.task = undefined);
    },
  };

  advance(byMs: number): void {
    const end = this.nowMs + byMs;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.nowMs = Math.max(this.nowMs, next.at);
      next.task?.();
    }
    this.nowMs = end;
  }
}

/** What all shards hold together, and two owners with a link each. Durable at once; answers travel the links. */
export class ScriptedCluster {
  readonly time = new Time();
  readonly applied: { readonly profile: ProfileId; readonly id: string }[] = [];
  readonly #seen = new Set<string>();
  readonly #cells = new Map<CellKey, ProfileId>();
  readonly #sealed = new Map<ProfileId, ProfileId>();
  readonly #users = new Map<ProfileId, string>();
  readonly #owner: number[] = Array.from({ length: SHARDS }, () => 0);
  /** What the gateway believes. */
  readonly #believed: (number | undefined)[] = Array.from({ length: SHARDS }, () => 0);
  readonly #to: ToShard[][] = [[], []];
  readonly #from: FromShard[][] = [[], []];
  readonly watches = new Map<number, { shard: ShardId; profile: ProfileId }>();
  #created = 0;

  readonly router = createRouter({
    shards: SHARDS,
    clock: this.time.clock,
    timers: this.time.timers,
    send: (shard, message) => {
      const owner = this.#believed[shard];
      if (owner === undefined) return false;
      this.#to[owner]?.push(message);
      return true;
    },
    hint: (body) => {
      const parsed = parse(body);
      return parsed.id.startsWith("blind") ? undefined : identifiersOf(parsed)[0];
    },
    switchHint: (body) => identifiersOf(parse(body)).find(({ kind }) => kind === "user"),
  });

  /** One message of one link is worked off. */
  step(node: number): void {
    const message = this.#to[node]?.shift();
    if (message?.kind === "unwatch") this.watches.delete(message.watch);
    if (message === undefined || !("request" in message)) return;
    const { kind } = message;
    if (kind === "backfill" || kind === "report" || kind === "warm" || kind === "repair") return;
    const answer: Answer =
      this.#owner[message.shard] === node ? this.#answer(message) : { is: "not_owner", shard: message.shard };
    this.#from[node]?.push({ kind: "answer", request: message.request, answer });
  }

  /** One answer of one link arrives. */
  deliver(node: number): void {
    const message = this.#from[node]?.shift();
    if (message !== undefined) this.router.receive(message);
  }

  /** The other node takes the shard; what is under way may be lost, and the gateway hears of it later. */
  takeOver(shard: ShardId, lossy: boolean): void {
    const old = this.#owner[shard] ?? 0;
    this.#owner[shard] = 1 - old;
    this.#believed[shard] = lossy ? undefined : this.#believed[shard];
    for (const [id, watch] of this.watches) if (watch.shard === shard) this.watches.delete(id);
    if (lossy) this.#to[old] = (this.#to[old] ?? []).filter((message) => message.shard !== shard);
    // A node that takes a shard has broken the links by which it may have refused something of it: none of what was sent
    // before may overtake what was refused.
    this.#to[1 - old] = (this.#to[1 - old] ?? []).filter((message) => message.shard !== shard);
    if (this.#believed[shard] === 1 - old) this.#believed[shard] = undefined;
  }

  tellOwner(shard: ShardId): void {
    if (this.#believed[shard] === this.#owner[shard]) return;
    this.#believed[shard] = this.#owner[shard];
    this.router.ownerChanged(shard);
  }

  /** The older of two known people absorbs the other; cells are rebound some time later. */
  merge(a: string, b: string): void {
    const left = this.#resolve(this.#cells.get(cellKey(anonymous(a))));
    const right = this.#resolve(this.#cells.get(cellKey(anonymous(b))));
    if (left === undefined || right === undefined || left === right) return;
    this.#sealed.set(right, left);
    for (const [id, watch] of this.watches) {
      if (watch.profile !== right) continue;
      this.watches.delete(id);
      this.#from[this.#owner[watch.shard] ?? 0]?.push({ kind: "unwatched", watch: id });
    }
  }

  rebind(a: string): void {
    const at = this.#resolve(this.#cells.get(cellKey(anonymous(a))));
    if (at !== undefined) this.#cells.set(cellKey(anonymous(a)), at);
  }

  push(epoch: number, position: number): void {
    for (const [watch, { shard, profile }] of this.watches)
      this.#from[this.#owner[shard] ?? 0]?.push({
        kind: "push",
        watch,
        shard,
        epoch,
        position,
        profile,
        decisions: [],
      });
  }

  /** Everything comes to rest. */
  settle(): void {
    for (let round = 0; round < 400; round++) {
      for (let shard = 0; shard < SHARDS; shard++) this.tellOwner(shard as ShardId);
      for (const node of [0, 1]) {
        while ((this.#to[node]?.length ?? 0) > 0) this.step(node);
        while ((this.#from[node]?.length ?? 0) > 0) this.deliver(node);
      }
      if (this.router.inFlight === 0) return;
      this.time.advance(20);
    }
  }

  /** As `settle`, with the time that watches take. */
  rest(): void {
    for (let round = 0; round < 8; round++) {
      this.settle();
      for (const node of [0, 1]) {
        while ((this.#to[node]?.length ?? 0) > 0) this.step(node);
        while ((this.#from[node]?.length ?? 0) > 0) this.deliver(node);
      }
      this.time.advance(150);
    }
  }

  #resolve(profile: ProfileId | undefined): ProfileId | undefined {
    let at = profile;
    for (let into = at && this.#sealed.get(at); into !== undefined; into = this.#sealed.get(into)) at = into;
    return at;
  }

  #answer(message: Extract<ToShard, { kind: "event" | "read" | "watch" }>): Answer {
    const body = message.kind === "event" ? parse(message.body) : undefined;
    const route = message.kind === "event" ? message.route : 0;
    const named = body === undefined ? [(message as { identifier: Identifier }).identifier] : identifiersOf(body);
    const routing = route === 0 ? named[0] : named.find(({ kind }) => kind === "user");
    if (routing === undefined)
      return { is: "refused", messageId: body?.id, problem: { code: "no_identifier", field: undefined, message: "" } };
    const key = cellKey(routing);
    const moved = { is: "moved", identifier: routing, route } as const;
    let profile = message.profile;
    if (profile === undefined) {
      const home = shardOfSlot(slotOfCell(key), SHARDS);
      if (home !== message.shard) return { ...moved, shard: home, profile: undefined, reason: "home" };
      profile = this.#cells.get(key);
      if (profile !== undefined && shardOfProfile(profile, SHARDS) !== message.shard)
        return { ...moved, shard: shardOfProfile(profile, SHARDS), profile, reason: "home" };
    } else if (this.#resolve(this.#cells.get(key)) !== this.#resolve(profile)) return { is: "stale" };
    const into = profile && this.#sealed.get(profile);
    if (into !== undefined) return { ...moved, shard: shardOfProfile(into, SHARDS), profile: into, reason: "merged" };
    if (message.kind === "watch") {
      if (profile !== undefined) this.watches.set(message.watch, { shard: message.shard, profile });
      return { is: "watching", profile };
    }
    if (body === undefined) return { is: "read", profile, decisions: [], view: undefined, plan: PLAN };
    const known = profile && this.#users.get(profile);
    if (route === 0 && body.a !== undefined && body.u !== undefined && known !== undefined && known !== body.u) {
      const shard = shardOfSlot(slotOfCell(cellKey(user(body.u))), SHARDS);
      return { ...moved, shard, profile: undefined, identifier: routing, route: 1, reason: "switch" };
    }
    const created = profile === undefined;
    profile ??= createProfileId(slotOfCell(key), 1000 + this.#created++, 0);
    if (created) this.#cells.set(key, profile);
    if (body.u !== undefined && !this.#users.has(profile)) this.#users.set(profile, body.u);
    const is = this.#seen.has(body.id) ? "duplicate" : "applied";
    this.#seen.add(body.id);
    if (is === "applied") this.applied.push({ profile, id: body.id });
    return {
      is,
      messageId: body.id,
      profile,
      resolved: true,
      created,
      visitor: undefined,
      decisions: undefined,
      plan: PLAN,
    };
  }
}
