/** The oracle notices each kind of broken promise in journals that are made by hand. */
import { describe, expect, it } from "vitest";
import type { ShardId } from "../../engine/model/ids.ts";
import { createProfileId, type ProfileId, type Slot } from "../../engine/model/ids.ts";
import { encodeBatch } from "../../engine/model/record-codec.ts";
import { planDigest } from "./sample-rules.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import { NO_ORDERS } from "../../engine/model/orders.ts";
import type { JournalRecord } from "../../engine/model/record.ts";
import type { Event } from "../../engine/model/event.ts";
import { Ledger, type SentEvent } from "./ledger.ts";
import { MemoryHistory } from "./memory-history.ts";
import { judgeRun } from "./oracle.ts";
import { Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";
import { parseWire } from "./wire-event.ts";

const SHARDS = 4;
const AT = 1_000_000;
const older = createProfileId(0 as Slot, AT, 1);
const younger = createProfileId(1 as Slot, AT + 5, 2);

class Journals {
  /** What the provider has taken. */
  readonly taken = new Map<MessageId, number>();
  readonly ledger = new Ledger(SHARDS);
  readonly #history = new MemoryHistory(new Scheduler(new SeededRandom(1)));
  #messages = 0;

  send(anonymousId: string): SentEvent {
    const wire = {
      type: "track",
      event: "Seen",
      messageId: `m${++this.#messages}`,
      anonymousId,
      fields: {},
      timestamp: AT,
    } as const;
    return this.ledger.sent(wire, "web", false);
  }

  eventOf(sent: SentEvent): Event {
    const origin = { source: "web" as Event["source"], trusted: false, visitor: undefined, receivedAt: AT };
    const parsed = parseWire(sent.body, origin);
    if (!("event" in parsed)) throw new Error("not an event");
    return parsed.event;
  }

  append(
    shard: number,
    records: readonly JournalRecord[],
    more: { instant?: number; epoch?: number; skip?: number } = {},
  ): void {
    const { instant = AT, epoch = 1, skip = 0 } = more;
    const last = this.ledger.journals[shard]?.at(-1)?.stored;
    const firstPosition = (last === undefined ? 1 : last.firstPosition + last.count) + skip;
    const bytes = encodeBatch({ firstPosition, instant, records });
    this.ledger.durable({ shard: shard as ShardId, epoch, firstPosition, count: records.length, digest: 0, bytes });
  }

  apply(shard: number, profile: ProfileId, sent: SentEvent): void {
    this.append(shard, [{ kind: "event", profile, creates: false, event: this.eventOf(sent) }]);
  }

  judge(): string {
    const { ledger } = this;
    const provider = { taken: this.taken };
    const found = judgeRun({
      ledger,
      history: this.#history,
      reads: [],
      shown: [],
      shownThen: [],
      plan: "a",
      provider,
      wallNow: 0,
    });
    return [...ledger.violations, ...found.filter((text) => !text.startsWith("history"))].join("\n");
  }
}

function absorb(loser: ProfileId, winner: ProfileId): Extract<JournalRecord, { kind: "sent" }> {
  const identifier = { kind: "user", value: "u" } as const;
  const body = { ask: "absorb", mergeId: loser, identifier, user: undefined, loser, winner, state: "" } as const;
  return { kind: "sent", to: 0 as ShardId, n: 1, body };
}

describe("the oracle", () => {
  it("finds nothing where all is well", () => {
    const journals = new Journals();
    const sent = journals.send("a");
    journals.apply(0, older, sent);
    sent.told = "applied";
    expect(journals.judge()).toBe("");
  });

  it("misses an acknowledged event, and one that is in two profiles", () => {
    const journals = new Journals();
    journals.send("a").told = "applied";
    const twice = journals.send("b");
    journals.apply(0, older, twice);
    journals.apply(1, younger, twice);
    expect(journals.judge()).toMatch(/m1 of web was acknowledged \(applied\) and is in no profile/);
    expect(journals.judge()).toMatch(/m2 of web is in 2 profiles/);
  });

  it("sees an event applied twice to one profile, and a refused one applied", () => {
    const journals = new Journals();
    const twice = journals.send("a");
    journals.apply(0, older, twice);
    journals.apply(0, older, twice);
    const refused = journals.send("b");
    refused.refused = "message_id_conflict";
    journals.apply(0, older, refused);
    expect(journals.judge()).toMatch(/m1 is applied twice/);
    expect(journals.judge()).toMatch(/m2 of web was refused \(message_id_conflict\) and is in/);
  });

  it("sees holes, time and epochs that run back", () => {
    const journals = new Journals();
    journals.apply(0, older, journals.send("a"));
    const next = (): JournalRecord[] => [
      { kind: "event", profile: older, creates: false, event: journals.eventOf(journals.send("a")) },
    ];
    journals.append(0, next(), { skip: 2 });
    journals.append(0, next(), { instant: AT - 1, epoch: 2 });
    journals.append(0, next(), { epoch: 1 });
    const found = journals.judge();
    expect(found).toMatch(/a hole before position 4/);
    expect(found).toMatch(/time runs back by 1 ms/);
    expect(found).toMatch(/epoch 1 was appended after 2/);
  });

  it("sees a younger winner, a merge that nobody claimed, and a sealed profile that nobody absorbed", () => {
    const journals = new Journals();
    journals.apply(0, older, journals.send("a"));
    journals.apply(1, younger, journals.send("b"));
    journals.append(0, [absorb(older, younger)]);
    expect(journals.judge()).toMatch(/is merged into .* a younger one/);
    expect(journals.judge()).toMatch(/is sealed and never absorbed/);
    const { body } = absorb(older, younger);
    journals.append(1, [{ kind: "received", from: 0 as ShardId, fromEpoch: 1, n: 1, body, result: { is: "done" } }]);
    expect(journals.judge()).toMatch(/were made one and nobody claimed it/);
  });

  it("lets a loser live on whose seal a dead owner's shard has lost for good, and then only", () => {
    const journals = new Journals();
    journals.apply(0, older, journals.send("a"));
    journals.apply(1, younger, journals.send("b"));
    const { body } = absorb(younger, older);
    journals.append(0, [{ kind: "received", from: 1 as ShardId, fromEpoch: 1, n: 1, body, result: { is: "done" } }]);
    expect(journals.judge()).toMatch(/were made one and nobody claimed it/);
    journals.ledger.excusedRecords = 1;
    expect(journals.judge()).not.toMatch(/were made one/);
  });

  it("sees a message that is taken twice, attempted without an outcome, ended twice, or taken and said not to be", () => {
    const journals = new Journals();
    const of = { profile: older, message: "m" as MessageId, trigger: "tick" } as const;
    const attempt = (n: number): JournalRecord => ({ kind: "attempt", ...of, channel: "webhook", attempt: n, to: 1 });
    const outcome = (n: number, is: "failed" | "rejected", again?: number): JournalRecord => ({
      kind: "outcome",
      ...of,
      attempt: n,
      outcome: is === "failed" ? { is, reason: "unavailable" } : { is, reason: "blocked" },
      ...(again !== undefined && { again }),
    });
    const decided: JournalRecord = {
      kind: "decided",
      ...of,
      cause: { is: "time", due: AT },
      at: AT,
      intent: {
        template: "hello",
        by: ["webhook"],
        category: "club",
        priority: 50,
        expiresMs: undefined,
        competesForMs: 0,
        holdout: undefined,
      },
      plan: planDigest("a"),
    };
    journals.append(0, [decided, attempt(1)]);
    journals.append(0, [attempt(2), outcome(2, "failed", AT + 5), attempt(3), outcome(3, "rejected")]);
    expect(journals.judge()).toMatch(/m is tried again after attempt 1, which came to nothing/);
    expect(journals.judge()).not.toMatch(/m is tried again after attempt 2/);
    journals.taken.set(of.message, 2);
    expect(journals.judge()).toMatch(/tick \(m\) was taken 2 times/);
    expect(journals.judge()).toMatch(/m was taken, and is said to be rejected/);
    journals.append(0, [outcome(3, "rejected")]);
    expect(journals.judge()).toMatch(/m ends as rejected and as rejected/);
    journals.append(0, [attempt(3)]);
    expect(journals.judge()).toMatch(/attempt 3 is the 4th/);
    expect(journals.judge()).not.toMatch(/was paused/);
    journals.append(0, [{ kind: "control", orders: { ...NO_ORDERS, pausedChannels: ["webhook"] } }, attempt(5)]);
    expect(journals.judge()).toMatch(/tick was attempted for \w+ by webhook while that was paused/);
  });

  it("sees events of one lane out of order", () => {
    const journals = new Journals();
    const [first, second] = [journals.send("a"), journals.send("a")];
    for (const sent of [first, second]) {
      sent.lanes.push(1);
      sent.told = "applied";
    }
    journals.apply(0, older, second);
    journals.apply(0, older, first);
    expect(journals.judge()).toMatch(/m2 \(s0@1\) is applied before m1 \(s0@2\)/);
  });
});
