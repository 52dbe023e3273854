/** The history's totals as the control plane and the `vif` command say them. */
import type { HistoryTotals } from "../history/port.ts";
import type { Report } from "./port.ts";

export function reportOf(totals: HistoryTotals): Report {
  const { events, profiles, firstTimestamp, lastTimestamp } = totals;
  return {
    events,
    profiles,
    ...(firstTimestamp !== undefined && { firstTimestamp }),
    ...(lastTimestamp !== undefined && { lastTimestamp }),
    byEvent: [...totals.byEvent],
    transitions: [...totals.transitions],
    ...(totals.receipts.receipts > 0 && {
      receipts: { ...totals.receipts, byCurrency: [...totals.receipts.byCurrency] },
    }),
    watermarks: [...totals.watermarks],
  };
}
