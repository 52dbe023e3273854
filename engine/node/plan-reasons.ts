/**
 * What the gateway tells of a plan in words: why contents show what they show, and what customers are asked. Of whatever plan
 * has decided, which need not be the one in this node's files; the few plans that are asked about stay at hand.
 */
import { choiceTexts, consentFormOf } from "../language/port.ts";
import type { ConsentForm } from "../language/port.ts";
import { reasonsHeldMax } from "../limits-of-delivery.ts";
import type { PlanDigest } from "../model/ids.ts";

export type Reasons = (content: string, choice: number) => string | undefined;

/** undefined where the plan cannot be had; neither rejects. */
export interface PlanReasons {
  readonly reasons: (plan: PlanDigest) => Promise<Reasons | undefined>;
  readonly consentForm: (plan: PlanDigest) => Promise<ConsentForm | undefined>;
}

interface Told {
  readonly reasons: Reasons;
  readonly form: ConsentForm;
}

/** @param bytesOf a plan; undefined where the store does not have it; may reject where the store is away */
export function createPlanReasons(bytesOf: (plan: PlanDigest) => Promise<Uint8Array | undefined>): PlanReasons {
  const held = new Map<PlanDigest, Promise<Told | undefined>>();
  const load = async (plan: PlanDigest): Promise<Told | undefined> => {
    const bytes = await bytesOf(plan);
    if (bytes === undefined) {
      held.delete(plan);
      return undefined;
    }
    const conditions = choiceTexts(bytes);
    return { reasons: (content, choice) => conditions.get(content)?.[choice - 1], form: consentFormOf(bytes) };
  };
  const tell = (plan: PlanDigest): Promise<Told | undefined> => {
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
  return {
    reasons: async (plan) => (await tell(plan))?.reasons,
    consentForm: async (plan) => (await tell(plan))?.form,
  };
}
