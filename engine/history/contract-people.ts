/** The promises of port.ts about finding people; part of the suite in contract.ts, which every adapter runs. */
import { expect, test } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { person, row } from "./history-fixtures.ts";
import { soughtWords } from "./people-words.ts";
import type { History } from "./port.ts";

/** @param history of the running test */
export function testPeople(history: () => History): void {
  test("people are found as their names, addresses, phones and cards are typed, who was identified last first", async () => {
    const said = (n: number, profile: string, fields: object) =>
      row(0, n, { profile, event: { name: "identified", body: JSON.stringify({ fields }) } });
    const rows = [
      said(1, "a", { first_name: "Zoé", last_name: "Dupont", email: "zoe.dupont@example.fr" }),
      said(2, "b", { name: "Paul Martin", phone: "+33 6 12 34 56 78", loyaltyCard: "4006381333931" }),
      said(3, "c", { firstName: "Zoran", lastName: "O'Neil_%", email: "z@example.fr" }),
      said(4, "a", { city: "Lyon" }),
      row(0, 5, { profile: "d", event: { name: "order_completed", body: '{"fields":{"name":"Zoe Dupont"}}' } }),
    ];
    const [from, to] = [
      { epoch: 0, position: 0 },
      { epoch: 3, position: 5 },
    ];
    await history().drain([{ shard: 0 as ShardId, from, to, rows }]);
    const find = (typed: string, limit = 10) => history().people(soughtWords(typed), limit);
    expect(await find("zo")).toEqual([person("c"), person("a")]);
    expect(await find("ZOÉ dup")).toEqual([person("a")]);
    expect(await find("dupont@")).toEqual([]);
    expect(await find("dupont example")).toEqual([person("a")]);
    expect(await find("zoe.d")).toEqual([person("a")]);
    expect(await find("06 12 34")).toEqual([person("b")]);
    expect(await find("061234")).toEqual([person("b")]);
    expect(await find("+336123")).toEqual([person("b")]);
    expect(await find("400638")).toEqual([person("b")]);
    expect(await find("upont")).toEqual([]);
    expect(await find("o'neil_%")).toEqual([person("c")]);
    expect(await find("%")).toEqual([]);
    expect(await find("zo", 1)).toEqual([person("c")]);
    expect(await find("  ")).toEqual([]);
  });
}
