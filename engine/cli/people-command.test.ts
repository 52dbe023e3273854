/** What `vif people` asks, prints and refuses. */
import { expect, it } from "vitest";
import type { Customer } from "../control/directory-port.ts";
import { nearestName } from "../model/nearest-name.ts";
import { UsageError } from "./command.ts";
import { createAskedClient, createKeptTerminal } from "./command-fixtures.ts";
import { createPeopleCommand } from "./people-command.ts";

const MARIE: Customer = {
  profile: "fc81a22277df38c568276804",
  name: "Marie Laurent",
  emails: ["marie@shop.example"],
  phones: [],
  cards: ["2980001001"],
  segments: ["buyer", "vip"],
};
const HOSTILE: Customer = {
  profile: "2e71a2229b0e31ae5991f2d1",
  name: "\u001B[31mRed\u0007",
  emails: [],
  phones: [],
  cards: [],
  segments: [],
};

async function run(args: readonly string[], customers: readonly Customer[]) {
  const { client, asked } = createAskedClient({ customers });
  const { terminal, out, err } = createKeptTerminal();
  const code = await createPeopleCommand(async () => client, nearestName).run(args, terminal);
  return { asked, code, out: out(), err: err() };
}

it("asks for all words together, and tells who was found by what they are known", async () => {
  const { asked, code, out } = await run(["marie", "laur", "--limit=3"], [MARIE]);
  expect(asked).toEqual([["GET", "/v1/customers", { q: "marie laur", limit: "3" }]]);
  expect(code).toBe(0);
  expect(out.split("\n")).toEqual([
    "Profile                   Name           E-mail              Card        Segments",
    "fc81a22277df38c568276804  Marie Laurent  marie@shop.example  2980001001  buyer, vip",
  ]);
});

it("lets no name move the cursor of a terminal", async () => {
  const { out } = await run(["red"], [HOSTILE]);
  expect(out).toContain("\\u{1b}[31mRed\\u{7}");
});

it("ends with 1 where nobody is known by that, in JSON too", async () => {
  expect(await run(["nobody"], [])).toMatchObject({ code: 1, out: "", err: "Nobody is known by that." });
  const { code, out } = await run(["nobody", "--json"], []);
  expect([code, JSON.parse(out)]).toEqual([1, { customers: [] }]);
});

it.each([
  [[], "WORDS is missing."],
  [["marie", "--limit", "0"], '--limit wants a number from 1 to 10, not "0".'],
  [["marie", "--limit", "11"], '--limit wants a number from 1 to 10, not "11".'],
])("refuses %j", async (args, said) => {
  await expect(run(args, [])).rejects.toThrow(new UsageError(said));
});
