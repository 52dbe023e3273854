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
    holdouts: holdouts.map(({ percents, of, value: amount, ...rest }) => ({
      ...rest,
      percents: [...percents],
      of: [...of],
      ...(amount !== undefined && { amount }),
    })),
  };
}
