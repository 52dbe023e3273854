/** What a profile remembers of the holdouts that it has come to. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { heldExposuresMax } from "../limits-of-delivery.ts";
import type { ExposedRecord } from "../model/record.ts";
import { enterExposure, type Exposures, isExposed, NO_EXPOSURES, uniteExposures } from "./exposures.ts";
import { WINNER } from "./profile-fixtures.ts";

const record = (holdout: string, heldOut: boolean, at: number): ExposedRecord => ({
  kind: "exposed",
  profile: WINNER,
  holdout,
  percent: 10,
  heldOut,
  by: "trigger a",
  at,
});
const exposures = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.boolean(), fc.integer({ min: 0, max: 50 })), { maxLength: 8 })
  .map((all) => all.reduce<Exposures>((held, each) => enterExposure(held, record(...each)), NO_EXPOSURES));

it("each holdout is known once in each group, by the first time, whatever the order in which it is told", () => {
  const held = enterExposure(
    enterExposure(enterExposure(NO_EXPOSURES, record("a", true, 7)), record("a", true, 5)),
    record("a", false, 9),
  );
  expect(held).toEqual([
    { holdout: "a", heldOut: true, at: 5 },
    { holdout: "a", heldOut: false, at: 9 },
  ]);
  expect([isExposed(held, "a", true), isExposed(held, "a", false), isExposed(held, "b", true)]).toEqual([
    true,
    true,
    false,
  ]);
});

it("two that become one remember the same whichever absorbs", () => {
  fc.assert(
    fc.property(exposures, exposures, (ours, theirs) => {
      const one = uniteExposures(ours, theirs);
      expect(uniteExposures(theirs, ours)).toEqual(one);
      expect(uniteExposures(one, theirs)).toEqual(one);
      for (const { holdout, heldOut } of [...ours, ...theirs]) expect(isExposed(one, holdout, heldOut)).toBe(true);
    }),
  );
});

it("no more than so many are kept, the latest", () => {
  let held = NO_EXPOSURES;
  for (let n = 0; n < heldExposuresMax + 5; n++) held = enterExposure(held, record(`h${n}`, false, n));
  expect(held).toHaveLength(heldExposuresMax);
  expect(held[0]).toMatchObject({ holdout: "h5" });
});
