/** The texts that one stream was last given, with their times: which products somebody has looked at lately. */
import type { Instant } from "../model/ids.ts";
import { instantOfKey } from "./contribution.ts";
import type { PlanLayout } from "./plan-layout.ts";
import { span } from "./span.ts";
import type { StreamSet } from "./stream-set.ts";

export interface RecentText {
  readonly text: string;
  readonly at: Instant;
}

/** Of an aggregate over a window that rolls: the latest first, at most so many, those that are still kept. */
export function recentTextsIn(
  streams: StreamSet,
  layout: PlanLayout,
  { aggregate, at, most }: { readonly aggregate: number; readonly at: Instant; readonly most: number },
): readonly RecentText[] {
  const texts: RecentText[] = [];
  const windowMs = layout.windowMsOf[aggregate] as number;
  if (!streams.point(layout.streamOf[aggregate] as number, span)) return texts;
  const { cells, from, count, stride } = span;
  // Of one number a contribution is 1, which is no text's.
  for (let i = count - 1; i >= 0 && texts.length < most && stride === 2; i--) {
    const instant = instantOfKey(cells[from + i * 2] as number);
    if (instant > at) continue;
    if (instant <= at - windowMs) break;
    const text = streams.textOf(cells[from + i * 2 + 1] as number);
    if (text !== undefined) texts.push({ text, at: instant });
  }
  return texts;
}
