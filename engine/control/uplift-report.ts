/** What a comparison of holdouts has come to, in the form that the control plane answers. Pure. */
import type { Uplift } from "../backtest/port.ts";
import type { UpliftReport } from "./uplift-port.ts";

export function upliftReport({ event, value, less, withinMs, since, at, holdouts }: Uplift): UpliftReport {
  return {
    event,
    value,
    ...(less !== undefined && { less }),
    withinMs,
    ...(since !== undefined && { since }),
    at,
    holdouts: holdouts.map(({ percents, of, rules, channels, ...rest }) => ({
      ...groupsOf(rest),
      percents: [...percents],
      of: [...of],
      rules: rules.map(groupsOf),
      channels: channels.map(groupsOf),
    })),
  };
}

type Groups = Omit<Uplift["holdouts"][number], "holdout" | "percents" | "of" | "rules" | "channels">;

function groupsOf<Of extends Groups>({
  value,
  ...rest
}: Of): Omit<Of, "value"> & { readonly amount?: NonNullable<Of["value"]> } {
  return { ...rest, ...(value !== undefined && { amount: value }) };
}
