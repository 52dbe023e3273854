import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { completeEvent, NOTHING } from "./event-bytes.ts";
import type { Completion } from "./event-bytes.ts";

const complete = (text: string, completion: Completion = NOTHING) => {
  const { body, messageId } = completeEvent(Buffer.from(text), completion, () => "made-1");
  return { text: Buffer.from(body).toString(), messageId };
};
const sentAt = Buffer.from('"2026"');

describe("an event's bytes", () => {
  it("with a messageId and nothing to add are passed on as they are", () => {
    const body = Buffer.from(' {"messageId":"m1"} ');
    expect(completeEvent(body, NOTHING, () => "x").body).toBe(body);
  });

  it.each([
    ["{}", NOTHING, { messageId: "made-1" }],
    [" { } ", { type: "page" }, { messageId: "made-1", type: "page" }],
    ['{"a":1}', NOTHING, { messageId: "made-1", a: 1 }],
    ['{"a":1,"type":"alias"}', { type: "track" }, { messageId: "made-1", a: 1, type: "track" }],
    ['{"messageId":"m1"}', { type: "track", sentAt }, { messageId: "m1", sentAt: "2026", type: "track" }],
    ['{"messageId":"m1","sentAt":"2025"}', { sentAt }, { messageId: "m1", sentAt: "2025" }],
    ['{"messageId":7}', NOTHING, { messageId: 7 }],
    ['{"a":{"messageId":"of-a-mail"}}', NOTHING, { messageId: "made-1", a: { messageId: "of-a-mail" } }],
    [
      '{"a":[{"messageId":7}],"b":"messageId"}',
      NOTHING,
      { messageId: "made-1", a: [{ messageId: 7 }], b: "messageId" },
    ],
    ['{"a":{"messageId":"x"},"messageId":"m1"}', NOTHING, { a: { messageId: "x" }, messageId: "m1" }],
    ['{"messageId":7}', { context: Buffer.from("{}") }, { messageId: 7, context: {} }],
  ])("%s with %o", (text, completion, expected) => {
    expect(JSON.parse(complete(text, completion).text)).toEqual(expected);
  });

  it.each([
    ['{"a":{"messageId":"x"},"messageId" : "m1"}', "m1"],
    ['{"a":"}{\\"","b":["{"],"messageId":"m1"}', "m1"],
    ['{"a":{"messageId":"x"}}', "made-1"],
    ['{"a":{"messageId":"x"},"messageId":7}', undefined],
  ])("have the id of the event itself, not of anything in it: %s", (text, messageId) => {
    expect(complete(text).messageId).toBe(messageId);
  });

  it.each(["", "[]", "7", '"x"', "{", "}", "null"])("that are no object stay as they are: %j", (text) => {
    expect(complete(text, { type: "track" }).text).toBe(text);
  });

  it("say the same as before beside what was added", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const message = { ...(JSON.parse(JSON.stringify(object)) as object) };
        const { text } = complete(JSON.stringify(message), { type: "track", sentAt });
        expect(JSON.parse(text)).toEqual({ messageId: "made-1", sentAt: "2026", ...message, type: "track" });
      }),
    );
  });
});
