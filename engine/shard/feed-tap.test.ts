import { expect, it } from "vitest";
import { createClock } from "../create-clock.ts";
import type { PlanDigest, ProfileId, ShardId } from "../model/ids.ts";
import { BatchWriter } from "../model/record-codec.ts";
import type { DecidedRecord } from "../model/record.ts";
import { messageIdOf } from "../model/trigger.ts";
import { FeedTap } from "./feed-tap.ts";
import type { Answer } from "./port.ts";

const profile = "c1e1a2003db9852ef10e2f71" as ProfileId;
const cause = { is: "time", due: 900 } as const;
const message = messageIdOf("welcome", profile, cause);
const fired: DecidedRecord = {
  kind: "decided",
  profile,
  trigger: "welcome",
  message,
  cause,
  at: 900,
  intent: {
    template: "hello",
    by: ["email"],
    category: "marketing",
    priority: 50,
    expiresMs: undefined,
    competesForMs: 0,
    holdout: undefined,
  },
  plan: "0".repeat(32) as PlanDigest,
};

it("passes on a trigger that fired once its record is durable, and only while somebody watches", () => {
  const tap = new FeedTap(createClock());
  const writer = new BatchWriter();
  writer.begin(7, 1_000);
  writer.add(fired);
  const { bytes, count } = writer.finish();
  const batch = { shard: 0 as ShardId, bytes, count };
  tap.appended(batch);
  expect(tap.take()).toBeUndefined();
  tap.on = true;
  tap.appended(batch);
  expect(tap.take()).toEqual({
    skipped: 0,
    entries: [
      { is: "fired", shard: 0, position: 7, instant: 1_000, profile, trigger: "welcome", message, template: "hello" },
    ],
  });
});

it("tells what was decided for whom is shown it, and not what an operator has looked at", () => {
  const tap = new FeedTap(createClock());
  tap.on = true;
  const read = { is: "read", profile, decisions: [], view: undefined, plan: fired.plan } as const;
  const send = (answer: Answer): void => tap.sent({ kind: "answer", request: 1, answer });
  send({ ...read, strips: {} });
  send({ ...read, row: "" });
  expect(tap.take()).toBeUndefined();
  send(read);
  expect(tap.take()).toMatchObject({ entries: [{ is: "decided", profile, decisions: [] }] });
});
