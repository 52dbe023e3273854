/** What `vif segments` takes, and what it says. */
import { expect, it } from "vitest";
import { nearestName } from "../model/nearest-name.ts";
import { UsageError } from "./command.ts";
import { parseSegmentsArguments, renderSegments } from "./segments-text.ts";
import { createStyle } from "./terminal.ts";

const parse = (...args: readonly string[]) => parseSegmentsArguments(args, nearestName, 1_000);

it("is asked for now, for the end of a day, or for a time", () => {
  expect(parse()).toEqual({ at: 1_000, json: false });
  expect(parse("--as-of", "2011-12-09", "--json")).toEqual({ at: Date.UTC(2011, 11, 10), json: true });
  expect(parse("--as-of=2011-12-09T12:00+01:00").at).toBe(Date.UTC(2011, 11, 9, 11));
});

it.each([["--as-of"], ["--as-of", "yesterday"], ["--as-of", "2011-13-01"], ["--as-off", "2011-12-09"], ["vip"]])(
  "refuses %s %s",
  (...args) => {
    expect(() => parse(...args)).toThrow(UsageError);
  },
);

it("is columns that line up", () => {
  const segments = [
    { name: "buyer", size: 4_339 },
    { name: "vip", size: 26 },
  ];
  const told = renderSegments(
    { at: Date.UTC(2011, 11, 10), profiles: 4_372, segments },
    "read from here",
    createStyle(false),
  );
  expect(told).toBe(`Segments  as of 2011-12-10 00:00 UTC  read from here

Segment  People   Share
buyer     4,339  99.2 %
vip          26   0.6 %

4,372 people had done something by then.`);
});
