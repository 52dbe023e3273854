/**
 * Who is no person: told by the user agent that came with an event, and by looking at more products in a minute than anybody
 * could. What programs do says nothing of what people like, and a few of them do more than all people together.
 */

/** Words and addresses that programs name themselves by. */
const PROGRAM =
  /compatible;(?! (?:MSIE|Konq))|https?:\/\/|www\.|bot\b|bot[/_\- ;.)]|[a-z]bot|crawl|spider|slurp|scan|monitor|preview|fetch|archiv|check|headless|phantom|lighthouse|proxy|probe|validator|feed|\brss\b|curl|wget|python|java\/|go-http|ruby|perl|libwww|\bapi\b|search|index|facebookexternalhit|whatsapp|embed|google(?!chrome)|parser|client/i;
/** What browsers and apps on phones begin with. */
const BROWSER = /^(?:Mozilla\/\d|Opera\/\d|Dalvik\/\d)/;

export function isProgram(userAgent: string): boolean {
  return !BROWSER.test(userAgent) || PROGRAM.test(userAgent);
}

/** How many user agents' judgements are kept at hand: people share a few hundred. */
const KEPT_AGENTS = 1_000;
const judged = new Map<string, boolean>();

/** Whether an event came from a program. @param body the event's JSON; one without a user agent is a person's */
export function isFromProgram(body: string): boolean {
  const agent = /"userAgent":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  if (agent === undefined) return false;
  const known = judged.get(agent);
  if (known !== undefined) return known;
  const is = isProgram(agent);
  if (judged.size >= KEPT_AGENTS) judged.clear();
  judged.set(agent, is);
  return is;
}

/** Products that somebody may look at within a minute: one a second for a whole minute is no reading. */
export const viewsAMinuteMax = 60;

/** @param times of what one person has looked at, in any order, ms */
export function isTooFast(times: readonly number[]): boolean {
  if (times.length <= viewsAMinuteMax) return false;
  const inOrder = Float64Array.from(times).sort();
  for (let last = viewsAMinuteMax; last < inOrder.length; last += 1)
    if ((inOrder[last] as number) - (inOrder[last - viewsAMinuteMax] as number) < 60_000) return true;
  return false;
}
