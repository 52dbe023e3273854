/** Why contents show what they show, of whatever plan has decided: the few plans that are asked about stay at hand. */
import { choiceTexts } from "../language/port.ts";
import { reasonsHeldMax } from "../limits-of-delivery.ts";
import type { PlanDigest } from "../model/ids.ts";

export type Reasons = (content: string, choice: number) => string | undefined;

/** @param bytesOf a plan; undefined where the store does not have it; may reject where the store is away */
export function createPlanReasons(
  bytesOf: (plan: PlanDigest) => Promise<Uint8Array | undefined>,
): (plan: PlanDigest) => Promise<Reasons | undefined> {
  const held = new Map<PlanDigest, Promise<Reasons | undefined>>();
  const load = async (plan: PlanDigest): Promise<Reasons | undefined> => {
    const bytes = await bytesOf(plan);
    if (bytes === undefined) return undefined;
    const conditions = choiceTexts(bytes);
    return (content, choice) => conditions.get(content)?.[choice - 1];
  };
  return (plan) => {
    const known = held.get(plan);
    if (known !== undefined) return known;
    const [oldest] = held.keys();
    if (held.size >= reasonsHeldMax && oldest !== undefined) held.delete(oldest);
    const loading = load(plan).catch(() => {
      held.delete(plan);
      return undefined;
    });
    held.set(plan, loading);
    return loading;
  };
}
