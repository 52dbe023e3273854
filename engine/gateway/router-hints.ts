/**
 * Where a request goes by what the router has learnt: by default to the shard of its first identifier's cell; to the
 * profile's own shard where an answer said that it lives elsewhere; by the second identifier where a device was seen in
 * several hands. Everything learnt may be wrong or forgotten at any time, for a shard corrects it. Two direct-mapped tables
 * of fixed size: a newcomer takes the place of whoever had the same hash, and nothing has to be evicted in order.
 */
import { routerHintsMax, routerSwitchesMax } from "../limits.ts";
import { slotOfHash } from "../model/hash.ts";
import type { CellKey, Identifier } from "../model/identifier.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import { shardOfProfile, shardOfSlot } from "../model/ids.ts";
import { RECEIPT_AT_CELL } from "../model/receipt.ts";
import type { Answer } from "../shard/port.ts";
import type { Routed } from "./routed.ts";
import { personOf } from "./routed.ts";

/** Both sizes are powers of two. */
const HOMES_MASK = routerHintsMax - 1;
const SWITCHES_MASK = routerSwitchesMax - 1;

interface Home {
  readonly key: CellKey;
  readonly profile: ProfileId;
}

interface Switch {
  readonly first: CellKey;
  readonly second: CellKey;
}

type Person = ReturnType<typeof personOf>;

export class RouterHints {
  readonly #shards: number;
  readonly #switchHint: (body: Uint8Array) => Identifier | undefined;
  readonly #homes: (Home | undefined)[] = new Array<Home | undefined>(routerHintsMax).fill(undefined);
  readonly #switches: (Switch | undefined)[] = new Array<Switch | undefined>(routerSwitchesMax).fill(undefined);

  /** @param switchHint the identifier by which an event is routed after a switch */
  constructor(shards: number, switchHint: (body: Uint8Array) => Identifier | undefined) {
    this.#shards = shards;
    this.#switchHint = switchHint;
  }

  /** Sets the request's way, unless a shard has told it. One that names nobody goes to any shard, which knows better. */
  aim(request: Routed): void {
    const { key, hash, asked } = request;
    if (request.told) return;
    if (asked.is === "event" && asked.options.receipt !== undefined) {
      // To its own cell, always: what was learnt is about people.
      request.route = RECEIPT_AT_CELL;
      request.profile = undefined;
      request.shard = this.#cellShard(hash);
      return;
    }
    if (key === undefined) return;
    request.route = 0;
    const second = this.#switches[hash & SWITCHES_MASK]?.first === key ? this.#second(request) : undefined;
    if (second !== undefined && this.#switches[hash & SWITCHES_MASK]?.second === second.key) {
      request.route = 1;
      this.#aimAt(request, second.key, second.hash);
    } else this.#aimAt(request, key, hash);
  }

  /** What an answer says is true of the identifier that the shard has parsed, whatever was read off the bytes. */
  learn(request: Routed, { identifier, reason, profile }: Extract<Answer, { is: "moved" }>): void {
    const { key, hash } = personOf(identifier);
    if (profile !== undefined) this.#homes[hash & HOMES_MASK] = { key, profile };
    const second = reason === "switch" ? this.#second(request) : undefined;
    if (second !== undefined) this.#switches[hash & SWITCHES_MASK] = { first: key, second: second.key };
  }

  /** What is believed of the request's person was wrong. */
  forget(request: Routed): void {
    const { key, hash } = request;
    if (key === undefined) return;
    this.#forgetHome(key, hash);
    if (this.#switches[hash & SWITCHES_MASK]?.first === key) this.#switches[hash & SWITCHES_MASK] = undefined;
    const second = request.route === 0 ? undefined : this.#second(request);
    if (second !== undefined) this.#forgetHome(second.key, second.hash);
  }

  #forgetHome(key: CellKey, hash: number): void {
    if (this.#homes[hash & HOMES_MASK]?.key === key) this.#homes[hash & HOMES_MASK] = undefined;
  }

  #aimAt(request: Routed, key: CellKey, hash: number): void {
    const home = this.#homes[hash & HOMES_MASK];
    if (home !== undefined && home.key === key) {
      request.profile = home.profile;
      request.shard = shardOfProfile(home.profile, this.#shards);
    } else {
      request.profile = undefined;
      request.shard = this.#cellShard(hash);
    }
  }

  #cellShard(hash: number): ShardId {
    return shardOfSlot(slotOfHash(hash), this.#shards);
  }

  #second({ asked }: Routed): Person | undefined {
    const identifier = asked.is === "event" ? this.#switchHint(asked.body.bytes) : undefined;
    return identifier === undefined ? undefined : personOf(identifier);
  }
}
