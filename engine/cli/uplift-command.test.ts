/** What `vif uplift` asks, refuses, and says of what it was told. */
import { expect, it } from "vitest";
import type { UpliftReport } from "../control/uplift-port.ts";
import { nearestName } from "../model/nearest-name.ts";
import { differenceOfShares } from "../backtest/uplift-figures.ts";
import { createAskedClient, createKeptTerminal } from "./command-fixtures.ts";
import { createStyle } from "./terminal.ts";
import { createUpliftCommand } from "./uplift-command.ts";
import { renderUplift } from "./uplift-text.ts";

const DAY_MS = 86_400_000;
const conversion = differenceOfShares({ of: 812, all: 9_012 }, { of: 61, all: 1_003 });
const SPRING: UpliftReport["holdouts"][number] = {
  holdout: "spring",
  percents: [10],
  of: ["content spring-hero", "trigger back-in-town"],
  treated: { people: 9_012, converted: 812, value: 66_869.04 },
  heldOut: { people: 1_003, converted: 61, value: 5_035.06 },
  ...(conversion !== undefined && { conversion }),
  amount: { difference: 2.4, low: 0.31, high: 4.49 },
  pending: 212,
  both: 0,
  splitChance: 0.96,
};
const REPORT: UpliftReport = {
  event: "order_completed",
  value: "total",
  less: "order_refunded",
  withinMs: 30 * DAY_MS,
  at: Date.UTC(2026, 5, 30, 22),
  holdouts: [SPRING],
};

async function run(...args: readonly string[]) {
  const { client, asked } = createAskedClient(REPORT);
  const { terminal, text } = createKeptTerminal();
  const usual = { event: "order_completed", value: "total", withinMs: 30 * DAY_MS };
  const read = () => Promise.reject(new Error("an engine runs"));
  const command = createUpliftCommand(async () => ({ client, read, usual }), nearestName);
  const code = await command.run(args, terminal);
  return { code, asked, text: text() };
}

it("says what was counted, the differences with their intervals, and what they mean", () => {
  const text = renderUplift(REPORT, "from here", createStyle(false));
  expect(text.split("\n")).toEqual([
    "Uplift  of order_completed less order_refunded within 30 days, as of 2026-06-30 22:00 UTC  from here",
    "",
    "spring  10 % held out  content spring-hero, trigger back-in-town",
    "            People  Converted   Share  total each",
    "  treated    9,012        812  9.01 %        7.42",
    "  held out   1,003         61  6.08 %        5.02",
    "  +2.93 points convert (+1.18 to +4.38), which is +48 %: more than without it",
    "  +2.40 each (+0.31 to +4.49): more than without it",
    "  212 came to it less than 30 days ago, and are not counted yet.",
  ]);
});

it("says so where nothing is shown, where a group is small, and where the groups are not as drawn", () => {
  const { amount: _amount, ...small } = SPRING;
  const say = (holdout: UpliftReport["holdouts"][number]): string =>
    renderUplift({ ...REPORT, holdouts: [holdout] }, "", createStyle(false));
  const none = { difference: 0.001, low: -0.02, high: 0.03 };
  expect(say({ ...small, conversion: none, both: 3 })).toMatch(
    /\+0\.10 points convert \(-2\.00 to \+3\.00\).*no difference is shown\n +Too few people to say what they spend\.[^]*3 were in both groups/,
  );
  const odd = say({ ...SPRING, splitChance: 0.00002 });
  expect(odd).toContain("The groups are not as they were drawn (by chance 0.00002): compare nothing.");
  expect(odd).not.toContain("points convert");
  expect(renderUplift({ ...REPORT, holdouts: [] }, "", createStyle(false))).toContain("Nobody has come to a holdout.");
});

it("asks for what is wanted, shows one holdout of many, and tells a name that is none", async () => {
  const { asked, code } = await run("spring", "--within", "7", "--event", "seen", "--since", "2026-01-31");
  expect(asked).toEqual([
    [
      "GET",
      "/v1/uplift",
      { event: "seen", value: "total", within: String(7 * DAY_MS), since: String(Date.UTC(2026, 0, 31)) },
    ],
  ]);
  expect(code).toBe(0);
  expect(JSON.parse((await run("spring", "--json")).text)).toEqual(REPORT);
  const wrong = await run("sprung");
  expect([wrong.code, wrong.text]).toEqual([1, "Nobody has come to a holdout sprung. Did you mean spring?"]);
  await expect(run("--within", "soon")).rejects.toThrow(/number of days/);
  await expect(run("--since", "monday")).rejects.toThrow(/is a day/);
});
