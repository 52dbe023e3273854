/** Conditions of the loyalty rule's bonuses, compiled: which hold for a customer whose sale is at hand. */
import type { JsonObject } from "../../model/event.ts";
import type { Instant } from "../../model/ids.ts";
import type { Plan, ProfileView } from "../../model/plan.ts";
import type { PlanSource } from "../plan/checked.ts";
import { generateContents } from "./generate-rules.ts";
import { createLeaves } from "./leaves.ts";
import { readSetOf, type ReadSet } from "./touched.ts";

type ReadValues = (
  view: ProfileView,
  values: ReadSet,
  moment: { readonly at: Instant; readonly fields: JsonObject },
) => Uint8Array;

export interface PlanBonuses {
  readonly holding: NonNullable<Plan["bonuses"]>;
  /** How many values its conditions are computed into. */
  readonly leaves: number;
}

/** @returns undefined where there are none */
export function createBonuses(source: PlanSource, readValues: ReadValues): PlanBonuses | undefined {
  const bonuses = source.loyalty?.bonuses ?? [];
  if (bonuses.length === 0) return undefined;
  const conditions = bonuses.flatMap(({ when }) => when ?? []);
  const leaves = createLeaves(source, conditions);
  const values = readSetOf(conditions, leaves);
  // A bonus is, to the generator, a content that shows one thing.
  const tests = generateContents(
    { contents: bonuses.map(({ when }) => ({ choices: when === null ? [] : [{ when, show: "" }] })) },
    leaves,
  );
  return {
    leaves: leaves.count,
    holding(view, at, { fields }) {
      const bytes = readValues(view, values, { at, fields });
      return bonuses.filter(({ when }, index) => when === null || tests[index]?.(view, bytes, at) === 1);
    },
  };
}
