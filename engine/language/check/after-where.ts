/** What cannot stand after `where`: an event is counted or not, once and for good, by what it carries alone. */
import type { Complaint } from "../source/problem.ts";
import type { Span } from "../source/source.ts";

type Out = { report(complaint: Complaint): void };

export function refuseClock(span: Span, out: Out): undefined {
  const message = "after `where` no clock can be read: an event is counted or not, for good";
  out.report({ code: "not_applicable", span, message, suggestion: "use a window: `in last 7 days`" });
}

/** @param what is asked there, as it is to stand alone */
export function refuseOtherThanEvent(span: Span, what: string, out: Out): undefined {
  const message = "after `where` only properties of the event can be read";
  out.report({ code: "not_applicable", span, message, suggestion: `make \`${what}\` a condition of its own` });
}
