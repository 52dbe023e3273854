import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlanDigest, ProfileId, ShardId, SourceId } from "../model/ids.ts";
import type { Decision } from "../model/plan.ts";
import type { LinkMessage } from "./link-codec.ts";
import { FrameWriter, readFrame } from "./link-codec.ts";
import { FrameUnreadable, frameLink, frameShard, stampFrameLink } from "./link-frame.ts";

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constant("\ud800"),
);
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const shard = fc.nat({ max: 4095 }).map((n) => n as ShardId);
const profile = fc.stringMatching(/^[0-9a-f]{24}$/).map((id) => id as ProfileId);
const decision: fc.Arbitrary<Decision> = fc.record(
  {
    content: text,
    show: text,
    choice: fc.nat({ max: 99 }),
    values: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text))),
  },
  { requiredKeys: ["content", "show", "choice"] },
);
const decisions = fc.array(fc.oneof(decision, fc.constantFrom({ content: "hero", show: "shoes", choice: 1 })));
const plan = text.map((digest) => digest as PlanDigest);

const message: fc.Arbitrary<LinkMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("event" as const),
    shard,
    request: whole,
    origin: fc.record({
      source: fc.oneof(text, fc.constant("web")).map((source) => source as SourceId),
      trusted: fc.boolean(),
      visitor: fc.option(text, { nil: undefined }),
      receivedAt: whole,
    }),
    profile: fc.option(profile, { nil: undefined }),
    route: fc.nat({ max: 4 }),
    told: fc.boolean(),
    decide: fc.boolean(),
    body: fc.uint8Array({ maxLength: 9000 }),
  }),
  fc.record({
    kind: fc.constant("answer" as const),
    request: whole,
    answer: fc.record({
      is: fc.constantFrom("applied" as const, "duplicate" as const),
      messageId: text,
      profile,
      resolved: fc.boolean(),
      created: fc.boolean(),
      visitor: fc.option(text, { nil: undefined }),
      decisions: fc.option(decisions, { nil: undefined }),
      plan,
    }),
  }),
  fc.record({
    kind: fc.constant("push" as const),
    watch: whole,
    shard,
    epoch: whole,
    position: whole,
    profile,
    decisions,
  }),
  fc.record({ kind: fc.constant("unwatch" as const), shard, watch: whole }),
  fc.record({
    kind: fc.constant("answer" as const),
    request: whole,
    answer: fc.oneof(
      fc.record({ is: fc.constant("busy" as const), retryAfterMs: whole }),
      fc.record({
        is: fc.constant("moved" as const),
        shard,
        profile: fc.option(profile, { nil: undefined }),
        identifier: fc.record({ kind: fc.constant("user" as const), value: text }),
        route: fc.nat({ max: 4 }),
        reason: fc.constantFrom("home" as const, "switch" as const, "merged" as const),
      }),
    ),
  }),
  fc.record({
    kind: fc.constant("send" as const),
    shard,
    from: shard,
    fromEpoch: whole,
    prev: whole,
    n: whole,
    settled: whole,
    body: fc.record({
      ask: fc.constant("claim" as const),
      identifier: fc.record({ kind: fc.constant("user" as const), value: text }),
      profile,
      proved: fc.boolean(),
    }),
  }),
);

function read(frame: ArrayBuffer): LinkMessage[] {
  const messages: LinkMessage[] = [];
  readFrame(frame, (each) => messages.push(each));
  return messages;
}

describe("frames of a link", () => {
  it("give back every message as it was written, frame after frame of one writer", () => {
    fc.assert(
      fc.property(fc.array(fc.array(message, { minLength: 1 }), { maxLength: 3 }), (frames) => {
        const writer = new FrameWriter();
        for (const messages of frames) {
          for (const each of messages) writer.write(each);
          const frame = writer.take();
          expect(frame).toBeDefined();
          expect(read(frame as ArrayBuffer)).toEqual(messages);
        }
      }),
    );
  });

  it("carry the link and the shard that they are for, and can be stamped with another link", () => {
    const writer = new FrameWriter(7, 4095);
    writer.write({ kind: "unwatch", shard: 4095 as ShardId, watch: 1 });
    const frame = writer.take() as ArrayBuffer;
    expect([frameLink(frame), frameShard(frame)]).toEqual([7, 4095]);
    stampFrameLink(frame, 4_000_000_000);
    expect(frameLink(frame)).toBe(4_000_000_000);
    expect(read(frame)).toEqual([{ kind: "unwatch", shard: 4095, watch: 1 }]);
  });

  it("are nothing when nothing was written", () => {
    expect(new FrameWriter().take()).toBeUndefined();
  });

  it("that were cut short or changed are unreadable by name and never crash otherwise", () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat({ max: 255 }),
        (messages, at, byte) => {
          const writer = new FrameWriter();
          for (const each of messages) writer.write(each);
          const frame = writer.take() as ArrayBuffer;
          const broken = at % 2 === 0 ? frame.slice(0, at % frame.byteLength) : frame;
          if (broken.byteLength > 0) new Uint8Array(broken)[at % broken.byteLength] = byte;
          try {
            read(broken);
          } catch (error) {
            expect(error).toBeInstanceOf(FrameUnreadable);
          }
        },
      ),
    );
  });
});
