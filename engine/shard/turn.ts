/**
 * A shard's part of a worker's turn: takes what has come, in order, and makes records and answers of it. Everything that
 * changes goes through `emit`, which numbers a record, puts it into the batch and folds it at once; so live processing
 * and recovery share one fold. Answers are only collected here: the host lets them out when the batch is durable.
 * Synchronous: what is not in memory makes `process` return "missing" and the host fetches it first.
 */
import { slotOfCell } from "../model/hash.ts";
import { type Identifier, cellKey } from "../model/identifier.ts";
import {
  type Instant,
  type ProfileId,
  type ShardId,
  createProfileId,
  shardOfProfile,
  shardOfSlot,
} from "../model/ids.ts";
import type { BatchWriter } from "../model/record-codec.ts";
import type { Random } from "../model/clock.ts";
import type { Event } from "../model/event.ts";
import type { Change, Decision } from "../model/plan.ts";
import type { JournalRecord } from "../model/record.ts";
import { type Profile, judge, rebase, segmentEpoch, summarise } from "../profile/port.ts";
import { fold } from "./fold.ts";
import { processResult, processSend } from "./identity.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { Answer, FromShard, ParsedEvent, PeerMessage, ToShard } from "./port.ts";
import type { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";
import type { LinkId } from "./watches.ts";

/** A message with what was made of it while it waited. */
export interface Queued {
  readonly link: LinkId;
  readonly message: ToShard;
  /** Of an event: its parsed form. */
  readonly parsed: ParsedEvent | undefined;
}

/** What a turn lets out once it is durable. Reads and pushes also want a lease that still holds. */
export interface Outgoing {
  readonly link: LinkId;
  readonly message: FromShard;
  readonly reads: boolean;
  readonly request: ToShard | undefined;
}

export class Turn {
  readonly shard: Shard;
  readonly residents: Residents;
  readonly instant: Instant;
  readonly random: Random;
  readonly planted: PlantedBugs;
  readonly answers: Outgoing[] = [];
  readonly peers: PeerMessage[] = [];
  readonly #writer: BatchWriter;
  /** Watched profiles that this turn changed. */
  readonly #changedWatched = new Set<ProfileId>();
  records = 0;
  /** Whether a message to another shard is among the records. */
  sent = false;

  constructor(options: {
    readonly shard: Shard;
    readonly residents: Residents;
    readonly instant: Instant;
    readonly random: Random;
    readonly planted: PlantedBugs;
    readonly writer: BatchWriter;
  }) {
    this.shard = options.shard;
    this.residents = options.residents;
    this.instant = options.instant;
    this.random = options.random;
    this.planted = options.planted;
    this.#writer = options.writer;
  }

  /** Numbers, records and folds. */
  emit(record: JournalRecord): Change | undefined {
    const { shard } = this;
    const position = shard.nextPosition();
    if (this.records === 0) this.#writer.begin(position, this.instant);
    this.#writer.add(record);
    this.records += 1;
    if (record.kind === "sent") this.sent = true;
    shard.instant = this.instant;
    const change = fold(this, record, position);
    shard.metaPosition = position;
    return change;
  }

  process(queued: Queued): "done" | "missing" {
    const { message } = queued;
    switch (message.kind) {
      case "event":
        return this.#processEvent(queued, message);
      case "read":
      case "watch":
        return this.#processRead(queued, message);
      case "unwatch":
        this.shard.watches.remove(queued.link, message.watch);
        return "done";
      case "send":
        return processSend(this, message);
      case "result":
        return processResult(this, message);
      case "greet":
        // Their rewound store may have lost what they had answered: repeat all after what they say they have.
        this.sendEntries(message.from, message.applied);
        if (message.reply) this.peers.push(this.greeting(message.from, false));
        return "done";
      case "drained":
        this.shard.peers.dropBodies(message.from, message.n);
        return "done";
    }
  }

  /** Evaluates what `change` can have flipped and sets the wake-up. To be called once for every changed profile. */
  evaluate(profile: Profile, change: Change): void {
    const { plan } = this.shard;
    if (profile.sealedInto !== undefined) return;
    plan.evaluate(profile, change, this.instant, (segment, entered) => {
      const name = plan.segments[segment] ?? "";
      const epoch = segmentEpoch(profile, name) + (entered ? 1 : 0);
      this.emit({ kind: "transition", profile: profile.id, segment: name, entered, epoch });
    });
    const kept = change.kind === "event" && profile.wakeUp > this.instant ? profile.wakeUp : Number.POSITIVE_INFINITY;
    profile.wakeUp = Math.min(kept, plan.nextFlip(profile, change, this.instant));
    this.shard.wakeUps.add(profile.wakeUp, profile.id);
    if (this.shard.watches.has(profile.id)) this.#changedWatched.add(profile.id);
  }

  /** Something may act on this profile now, or a new plan wants it looked at. */
  wake(id: ProfileId, because: "due" | "plan"): "done" | "missing" {
    const profile = this.residents.profile(this.shard, id);
    if (profile === undefined) return "missing";
    if (profile === null || profile.sealedInto !== undefined) return "done";
    if (because === "due" && profile.wakeUp > this.instant) return "done";
    if (profile.plan !== this.shard.plan) rebase(profile, this.shard.plan);
    const before = profile.wakeUp;
    this.evaluate(profile, { kind: "everything" });
    // The wake-up itself is stored beside the profile: a changed one must reach the store.
    if (profile.wakeUp !== before) this.shard.touch(profile);
    return "done";
  }

  /** Collects pushes for the watched profiles that have changed. */
  finish(): void {
    const { shard } = this;
    for (const id of this.#changedWatched) {
      const profile = this.residents.profile(shard, id);
      if (profile == null || profile.sealedInto !== undefined) continue;
      const decisions = shard.plan.decide(profile, this.instant);
      const text = JSON.stringify(decisions);
      for (const watch of shard.watches.of(id)) {
        if (watch.last === text) continue;
        watch.last = text;
        this.answers.push({
          link: watch.link,
          reads: true,
          request: undefined,
          message: {
            kind: "push",
            watch: watch.watch,
            shard: shard.id,
            epoch: shard.epoch,
            position: profile.position,
            profile: id,
            decisions,
          },
        });
      }
    }
  }

  greeting(to: ShardId, reply: boolean): PeerMessage {
    const { shard } = this;
    return {
      kind: "greet",
      shard: to,
      from: shard.id,
      fromEpoch: shard.epoch,
      applied: shard.peers.applied(to),
      reply,
    };
  }

  /** Sends what stands in the outbox for `to` and is durable. */
  sendEntries(to: ShardId, applied?: number): void {
    const { shard } = this;
    for (const entry of shard.peers.toSend(to, shard.durable, applied)) this.peers.push(sendMessage(shard, to, entry));
  }

  answer(queued: Pick<Queued, "link" | "message">, answer: Answer, reads = false): "done" {
    const { message } = queued;
    if ("request" in message)
      this.answers.push({
        link: queued.link,
        reads,
        request: message,
        message: { kind: "answer", request: message.request, answer },
      });
    return "done";
  }

  #processEvent(queued: Queued, message: Extract<ToShard, { kind: "event" }>): "done" | "missing" {
    const { shard } = this;
    const { parsed } = queued;
    if (parsed === undefined) return "done";
    if ("problem" in parsed)
      return this.answer(queued, { is: "refused", messageId: parsed.messageId, problem: parsed.problem });
    const { event } = parsed;
    const routing = routingIdentifier(event, message.route);
    if (routing === undefined)
      return this.answer(queued, {
        is: "refused",
        messageId: event.messageId,
        problem: {
          code: "no_identifier",
          field: "/anonymousId",
          message: "an event sent with a browser key must name an anonymousId; other identifiers count only with proof",
        },
      });

    const place = this.#locate(routing, message.profile);
    if (place.is === "missing") return "missing";
    if (place.is === "moved")
      return this.answer(queued, {
        is: "moved",
        shard: place.shard,
        profile: place.profile,
        route: message.route,
        reason: "home",
      });
    if (place.is === "stale") return this.answer(queued, { is: "stale" });

    const found = place.is === "found" ? place.profile : undefined;
    if (found?.sealedInto !== undefined) return this.#processSealed(queued, message, found, event);

    if (found !== undefined && message.route === 0 && event.proved && routing.kind === "anonymous") {
      const user = event.identifiers.find((identifier) => identifier.kind === "user");
      const known = userOf(found);
      if (user !== undefined && known !== undefined && known !== user.value)
        return this.answer(queued, {
          is: "moved",
          shard: shardOfSlot(slotOfCell(cellKey(user)), this.residents.shards),
          profile: undefined,
          route: 1,
          reason: "switch",
        });
    }

    let created = false;
    if (found !== undefined) {
      if (found.plan !== shard.plan) rebase(found, shard.plan);
      const judgement = judge(found, event, this.instant);
      if (judgement === "duplicate" && this.planted.forgetsDuplicate !== true)
        return this.#answerEvent(queued, message, event, found, { is: "duplicate", created: false });
      if (judgement === "conflict" || judgement === "too_old")
        return this.answer(queued, { is: "refused", messageId: event.messageId, problem: refusal(judgement) });
    } else created = true;

    const id =
      found?.id ??
      (place.is === "new" ? place.id : undefined) ??
      createProfileId(slotOfCell(cellKey(routing)), this.instant, this.random.below(2 ** 40));
    const profile = this.applyEvent(id, withRoute(event, routing), created);
    return this.#answerEvent(queued, message, event, profile, { is: "applied", created });
  }

  /** Records an event of a profile of this shard, claims what it newly names, and evaluates. */
  applyEvent(id: ProfileId, event: Event, creates: boolean): Profile {
    const change = this.emit({ kind: "event", profile: id, creates, event });
    const profile = this.residents.profile(this.shard, id) as Profile;
    if (event.proved)
      for (const identifier of event.identifiers) {
        const state = identifierState(profile, identifier);
        if (state === undefined || state === "unproved") this.claim(profile, identifier);
      }
    if (change !== undefined) this.evaluate(profile, creates ? { kind: "everything" } : change);
    return profile;
  }

  claim(profile: Profile, identifier: Identifier): void {
    this.send(shardOfSlot(slotOfCell(cellKey(identifier)), this.residents.shards), {
      ask: "claim",
      identifier,
      profile: profile.id,
    });
  }

  send(to: ShardId, body: Extract<JournalRecord, { kind: "sent" }>["body"]): void {
    this.emit({ kind: "sent", to, n: this.shard.peers.nextNumber(this.shard.epoch), body });
  }

  #processSealed(queued: Queued, message: Extract<ToShard, { kind: "event" }>, sealed: Profile, event: Event): "done" {
    const into = sealed.sealedInto as ProfileId;
    const shard = shardOfProfile(into, this.residents.shards);
    if (!this.shard.peers.isAbsorbing(sealed.id))
      return this.answer(queued, { is: "moved", shard, profile: into, route: message.route, reason: "merged" });
    this.send(shard, { ask: "forward", profile: into, event });
    return this.answer(queued, {
      is: "applied",
      messageId: event.messageId,
      profile: into,
      resolved: false,
      created: false,
      decisions: undefined,
      plan: this.shard.plan.digest,
    });
  }

  #answerEvent(
    queued: Queued,
    message: Extract<ToShard, { kind: "event" }>,
    event: Event,
    profile: Profile,
    outcome: { readonly is: "applied" | "duplicate"; readonly created: boolean },
  ): "done" {
    const { origin } = message;
    const mayRead =
      message.decide &&
      (origin.trusted ||
        (origin.visitor !== undefined &&
          event.identifiers.some(({ kind, value }) => kind === "anonymous" && value === origin.visitor)));
    return this.answer(queued, {
      is: outcome.is,
      messageId: event.messageId,
      profile: profile.id,
      resolved: !profile.identifiers.some(({ state }) => state === "pending"),
      created: outcome.created,
      decisions: mayRead ? this.shard.plan.decide(profile, this.instant) : undefined,
      plan: this.shard.plan.digest,
    });
  }

  #processRead(queued: Queued, message: Extract<ToShard, { kind: "read" | "watch" }>): "done" | "missing" {
    const { shard } = this;
    const place = this.#locate(message.identifier, message.profile);
    if (place.is === "missing") return "missing";
    if (place.is === "stale") return this.answer(queued, { is: "stale" });
    if (place.is === "moved")
      return this.answer(queued, { is: "moved", shard: place.shard, profile: place.profile, route: 0, reason: "home" });
    const profile = place.is === "found" ? place.profile : undefined;
    if (profile?.sealedInto !== undefined)
      return this.answer(queued, {
        is: "moved",
        shard: shardOfProfile(profile.sealedInto, this.residents.shards),
        profile: profile.sealedInto,
        route: 0,
        reason: "merged",
      });
    if (profile !== undefined && profile.plan !== shard.plan) rebase(profile, shard.plan);
    const decisions = this.#decide(profile);
    if (message.kind === "watch") {
      if (profile !== undefined) shard.watches.add(profile.id, queued.link, message.watch, decisions);
      return this.answer(queued, { is: "watching", profile: profile?.id }, true);
    }
    const view =
      message.want === "profile" && profile !== undefined ? { ...summarise(profile), epoch: shard.epoch } : undefined;
    return this.answer(queued, { is: "read", profile: profile?.id, decisions, view, plan: shard.plan.digest }, true);
  }

  /** Nobody known is shown what anybody unknown is shown. */
  #decide(profile: Profile | undefined): readonly Decision[] {
    return this.shard.plan.decide(profile ?? this.shard.nobody(), this.instant);
  }

  /** Where the person known by `routing` lives; `hint` is what a cell elsewhere said. */
  #locate(routing: Identifier, hint: ProfileId | undefined): Place {
    const { shard, residents } = this;
    const key = cellKey(routing);
    if (hint !== undefined) {
      const home = shardOfProfile(hint, residents.shards);
      if (home !== shard.id) return { is: "moved", shard: home, profile: hint };
      const profile = residents.profile(shard, hint);
      if (profile === undefined) return { is: "missing" };
      if (profile === null) return { is: "stale" };
      if (profile.sealedInto === undefined && identifierState(profile, routing) === undefined) return { is: "stale" };
      return { is: "found", profile };
    }
    const cellHome = shardOfSlot(slotOfCell(key), residents.shards);
    if (cellHome !== shard.id) return { is: "moved", shard: cellHome, profile: undefined };
    const id = residents.cell(shard, key);
    if (id === undefined) return { is: "missing" };
    if (id === null) return { is: "new", id: undefined };
    const home = shardOfProfile(id, residents.shards);
    if (home !== shard.id) return { is: "moved", shard: home, profile: id };
    const profile = residents.profile(shard, id);
    if (profile === undefined) return { is: "missing" };
    // A cell whose profile a store that went back in time has lost: the person begins again under the same id.
    return profile === null ? { is: "new", id } : { is: "found", profile };
  }
}

type Place =
  | { readonly is: "missing" | "stale" }
  | { readonly is: "moved"; readonly shard: ShardId; readonly profile: ProfileId | undefined }
  | { readonly is: "new"; readonly id: ProfileId | undefined }
  | { readonly is: "found"; readonly profile: Profile };

export function sendMessage(
  shard: Shard,
  to: ShardId,
  entry: { readonly n: number; readonly prev: number; readonly body: Extract<JournalRecord, { kind: "sent" }>["body"] },
): PeerMessage {
  return {
    kind: "send",
    shard: to,
    from: shard.id,
    fromEpoch: shard.epoch,
    prev: entry.prev,
    n: entry.n,
    settled: shard.peers.settledTo(to),
    body: entry.body,
  };
}

/** The identifier by which an event finds its home: after a switch the first that is not anonymous. */
export function routingIdentifier(event: Event, route: number): Identifier | undefined {
  const routing = route === 0 ? event.identifiers[0] : event.identifiers.find(({ kind }) => kind !== "anonymous");
  return routing === undefined || (!event.proved && routing.kind !== "anonymous") ? undefined : routing;
}

/** After a switch the device's anonymous id stays with the person it was. */
function withRoute(event: Event, routing: Identifier): Event {
  if (event.identifiers[0] === routing) return event;
  return { ...event, identifiers: event.identifiers.slice(event.identifiers.indexOf(routing)) };
}

export function userOf(profile: Profile): string | undefined {
  return profile.identifiers.find(({ kind, state }) => kind === "user" && state !== "unproved")?.value;
}

function identifierState(profile: Profile, { kind, value }: Identifier): "bound" | "pending" | "unproved" | undefined {
  return profile.identifiers.find((known) => known.kind === kind && known.value === value)?.state;
}

function refusal(judgement: "conflict" | "too_old"): { code: string; field: string; message: string } {
  return judgement === "conflict"
    ? {
        code: "message_id_conflict",
        field: "/messageId",
        message: "this messageId was used before for an event with another body",
      }
    : {
        code: "too_old",
        field: "/timestamp",
        message: "the event is older than the 7 days within which a repetition can be told",
      };
}
