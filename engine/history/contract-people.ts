/** The promises of port.ts about finding people; part of the suite in contract.ts, which every adapter runs. */
import { beforeEach, describe, expect, test } from "vitest";
import type { EventName, EventType, JsonObject } from "../model/event.ts";
import { digestText } from "../model/hash.ts";
import type { Identifier } from "../model/identifier.ts";
import type { ShardId, SourceId } from "../model/ids.ts";
import { encodeBatch } from "../model/record-codec.ts";
import type { EventRecord } from "../model/record.ts";
import { person } from "./history-fixtures.ts";
import { rowsOfBatch } from "./journal-rows.ts";
import { soughtWords } from "./people-words.ts";
import type { DrainWrite, History } from "./port.ts";

interface Said {
  readonly of: string;
  readonly type?: EventType;
  readonly fields?: JsonObject;
  readonly context?: JsonObject;
  readonly identifiers?: readonly Identifier[];
  readonly receipt?: true;
}

const SHARD = 0 as ShardId;

function eventRecord({ of, type = "identify", fields = {}, context, identifiers = [], receipt }: Said, n: number) {
  const messageId = `m-${n}`;
  return {
    kind: "event",
    profile: person(of),
    creates: false,
    event: {
      type,
      name: (type === "identify" ? "identified" : "order_completed") as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: n,
      identifiers: [{ kind: "anonymous", value: `visitor-${of}` }, ...identifiers],
      proved: true,
      timestamp: Date.UTC(2025, 2, 1) + n * 1000,
      fields,
      body: JSON.stringify({ fields, ...(context !== undefined && { context }) }),
      ...(receipt && { receipt }),
    },
  } satisfies EventRecord;
}

/** Drained from a journal's bytes as a node does it. */
function writeOf(said: readonly Said[], after = 0): DrainWrite {
  const records = said.map((one, index) => eventRecord(one, after + index + 1));
  const head = { firstPosition: after + 1, instant: Date.UTC(2026, 0, 1), records };
  const batch = { ...head, epoch: 1, count: records.length, bytes: encodeBatch(head) };
  return {
    shard: SHARD,
    from: { epoch: after === 0 ? 0 : 1, position: after },
    to: { epoch: 1, position: after + records.length },
    rows: rowsOfBatch(SHARD, batch, after),
  };
}

/** @param history of the running test */
export function testPeople(history: () => History): void {
  const find = (typed: string, limit = 10) => history().people(soughtWords(typed), limit);
  const hear = async (said: readonly Said[], after = 0) =>
    expect(await history().drain([writeOf(said, after)])).toEqual(["ok"]);

  describe("people", () => {
    beforeEach(() =>
      hear([
        { of: "a", fields: { first_name: "Zoé", last_name: "Dupont", email: "zoe.dupont@example.fr" } },
        { of: "b", fields: { name: "Paul Martin", phone: "+33 6 12 34 56 78", loyaltyCard: "4006381333931" } },
        { of: "c", fields: { firstName: "Zoran", lastName: "O'Neil_%", email: "z@example.fr" } },
        { of: "a", fields: { city: "Lyon" } },
        { of: "d", type: "track", fields: { name: "Zoe Dupont" } },
      ]),
    );

    test.each([
      ["zo", ["c", "a"], "of whom something was heard last first"],
      ["ZOÉ dup", ["a"], "whatever the case and the accents"],
      ["dupont@", [], "by no word that they have not"],
      ["dupont example", ["a"], "by the parts of an address"],
      ["zoe.d", ["a"], "by the beginning of an address"],
      ["06 12 34", ["b"], "by a phone number as it is dialled"],
      ["061234", ["b"], "without its spaces"],
      ["+336123", ["b"], "with its country"],
      ["3456 78", ["b"], "by its end"],
      ["400638", ["b"], "by a card"],
      ["upont", [], "not by the middle of a word"],
      ["o'neil_%", ["c"], "by signs that mean something to a database"],
      ["%", [], "for which nothing stands in"],
      ["  ", [], "by nothing at all"],
    ] as const)("typing %j finds %j: %s", async (typed, expected, _how) => {
      expect(await find(typed)).toEqual(expected.map(person));
    });

    test("at most as many come as are wanted", async () => {
      expect(await find("zo", 1)).toEqual([person("c")]);
    });

    test("who has receipts alone is found by what they carry", async () => {
      const identifiers: readonly Identifier[] = [
        { kind: "email", value: "nina.berg@example.se" },
        { kind: "phone", value: "+46701234567" },
        { kind: "card", value: "AB7300112233" },
      ];
      await hear([{ of: "e", type: "track", identifiers, receipt: true }], 5);
      for (const typed of ["nina", "berg", "nina.b", "ab73", "070 123", "nina ab7300 0701"])
        expect(await find(typed), typed).toEqual([person("e")]);
    });

    test("what is said of one in pieces finds them together, and the news put them first", async () => {
      await hear([{ of: "a", type: "track", identifiers: [{ kind: "card", value: "Z9001" }] }], 5);
      expect(await find("zoé z900")).toEqual([person("a")]);
      expect(await find("zo")).toEqual([person("a"), person("c")]);
      await hear([{ of: "c", fields: { firstName: "Zoran" } }], 6);
      expect(await find("zo")).toEqual([person("a"), person("c")]);
    });

    test("traits in the context of a call that names somebody count as those of an identify call do", async () => {
      await hear(
        [
          {
            of: "f",
            type: "track",
            identifiers: [{ kind: "email", value: "i@example.pt" }],
            context: { traits: { firstName: "Ines" } },
          },
        ],
        5,
      );
      expect(await find("ine")).toEqual([person("f")]);
    });

    test("a drain that was refused adds nobody", async () => {
      expect(await history().drain([writeOf([{ of: "9", fields: { name: "Nobody" } }])])).toEqual(["moved"]);
      expect(await find("nobody")).toEqual([]);
    });

    test("hostile words are kept and found as they are", async () => {
      const names = [
        "a':*&!b",
        "back\\slash",
        "x|y",
        "(par",
        "nul\0gap",
        "half\ud800",
        "$1",
        "é".repeat(500),
        "🦆duck",
      ];
      await hear(
        names.map((name, index) => ({ of: `0${index}`, fields: { name } })),
        5,
      );
      for (const [index, name] of names.entries()) expect(await find(name), name).toEqual([person(`0${index}`)]);
    });

    test("gathered anew from the records they are the same, and go on", async () => {
      await hear([{ of: "b", type: "track", identifiers: [{ kind: "card", value: "B5" }] }], 5);
      expect(await history().rebuildPeople()).toBe(3);
      expect(await find("zo")).toEqual([person("c"), person("a")]);
      expect(await find("paul b5")).toEqual([person("b")]);
      await hear([{ of: "c", fields: { email: "zoran@example.org" } }], 6);
      expect(await find("zoran@example.org oneil")).toEqual([]);
      expect(await find("zoran@example.org o'neil")).toEqual([person("c")]);
      expect(await history().rebuildPeople()).toBe(3);
    });
  });
}
