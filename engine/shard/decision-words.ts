/** What a decision carries besides its choice, as one text of a frame: values of the profile, products, whose message it is. */
import type { Decision } from "../model/plan.ts";

type Shown = Pick<Decision, "values" | "recommendation" | "products" | "seed" | "message" | "event">;

/** Empty where there is nothing, as with most decisions. */
export function shownText({ values, recommendation, products, seed, message, event }: Decision): string {
  if (values === undefined && recommendation === undefined && seed === undefined && message === undefined) return "";
  return JSON.stringify({ values, recommendation, products, seed, message, event } satisfies {
    [key in keyof Shown]: unknown;
  });
}

export function withShown(chosen: Decision, text: string): Decision {
  return text === "" ? chosen : { ...chosen, ...(JSON.parse(text) as Shown) };
}
