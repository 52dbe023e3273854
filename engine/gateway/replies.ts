/**
 * The texts that senders get, made from templates: 50 ns where JSON.stringify takes 500, and one such text goes out for
 * every event. Every value that is not Vif's own is quoted as JSON.
 */
import { PROBLEMS } from "../model/errors.ts";
import type { ProblemCode } from "../model/errors.ts";
import type { Decision } from "../model/plan.ts";
import type { Problem } from "../shard/port.ts";
import type { FinalAnswer } from "./router-port.ts";

/** Why an event has to wait: the gateway is over its bounds, or this kind of sender has taken its share. */
export type Shortage = "busy" | "rate_limited";

/** What is told of one event: the shard's answer, and what the gateway adds. */
export interface EventOutcome {
  readonly answer: FinalAnswer;
  /** As the gateway read or made it; the answer's own goes first. */
  readonly messageId: string | undefined;
  /** Of an answer `busy` that the gateway gave itself; else it is the shard that is. */
  readonly shortage?: Shortage;
  /** Made just now, because this event was the first of its visitor. */
  readonly visitor?: { readonly anonymousId: string; readonly token: string } | undefined;
}

/** The text as a JSON string. */
export function quote(text: string): string {
  // A loop over the few letters of an id takes a third of the time of a regular expression.
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < SPACE || unit > TILDE || unit === QUOTATION_MARK || unit === BACKSLASH) return JSON.stringify(text);
  }
  return `"${text}"`;
}

const SPACE = 32;
const QUOTATION_MARK = 34;
const BACKSLASH = 92;
const TILDE = 126;

/** A decision, and what it looks like where that was asked for (slot-view.ts). */
export interface ShownDecision extends Decision {
  readonly html?: string;
  /** The condition of the choice, where reasons were asked for. */
  readonly because?: string;
}

/** Of lists that are the same for many (a frame gives one object for each): their text. */
const listTexts = new WeakMap<readonly ShownDecision[], string>();

export function decisionsText(decisions: readonly ShownDecision[]): string {
  const known = listTexts.get(decisions);
  if (known !== undefined) return known;
  let text = "[";
  for (const decision of decisions) {
    const { content, show, choice, values, recommendation, products, seed, message, event, html, because } = decision;
    if (text.length > 1) text += ",";
    text += `{"content":${quote(content)},"show":${quote(show)},"choice":${choice}`;
    if (values !== undefined) text += `,"values":${JSON.stringify(values)}`;
    if (recommendation !== undefined) text += `,"recommendation":${quote(recommendation)}`;
    if (products !== undefined) text += `,"products":${JSON.stringify(products)}`;
    if (seed !== undefined) text += `,"seed":${seed === null ? "null" : quote(seed)}`;
    if (message !== undefined) text += `,"message":${quote(message)}`;
    if (event !== undefined) text += `,"event":${JSON.stringify(event)}`;
    if (because !== undefined) text += `,"because":${JSON.stringify(because)}`;
    if (html !== undefined) text += `,"html":${JSON.stringify(html)}`;
    text += "}";
  }
  text += "]";
  listTexts.set(decisions, text);
  return text;
}

/** One event's reply on a socket or in a batch: `{"messageId":...,"ok":...}`. */
export function eventReply(outcome: EventOutcome): string {
  const { answer } = outcome;
  switch (answer.is) {
    case "applied":
    case "duplicate":
      return `{"messageId":${quote(answer.messageId)},"ok":true${acceptedText(outcome, answer)}}`;
    case "refused":
      return refusedReply(answer.problem, answer.messageId ?? outcome.messageId);
    case "busy":
      return refusedReply(problemOf(outcome.shortage ?? "busy"), outcome.messageId, answer.retryAfterMs);
    case "read":
    case "receipt":
      throw new TypeError(`a ${answer.is} answers no event`);
  }
}

/** The members of an accepted event's reply after its messageId, for sockets and HTTP alike. */
export function acceptedText(
  { visitor }: EventOutcome,
  answer: Extract<FinalAnswer, { is: "applied" | "duplicate" }>,
): string {
  let text = answer.is === "duplicate" ? ',"duplicate":true' : "";
  text += answer.resolved ? ',"resolved":true' : ',"resolved":false';
  if (visitor !== undefined) text += `,"anonymousId":${quote(visitor.anonymousId)},"visitorToken":"${visitor.token}"`;
  if (answer.decisions !== undefined) text += `,"decisions":${decisionsText(answer.decisions)}`;
  return text;
}

export function problemOf(code: ProblemCode, field?: string, message: string = PROBLEMS[code][1]): Problem {
  return { code, field, message };
}

export function refusedReply(problem: Problem, messageId: string | undefined, retryAfterMs?: number): string {
  const id = messageId === undefined ? "" : `"messageId":${quote(messageId)},`;
  const retry = retryAfterMs === undefined ? "" : `,"retryAfterMs":${retryAfterMs}`;
  return `{${id}"ok":false,"problem":${problemText(problem)}${retry}}`;
}

export function problemText({ code, field, message }: Problem): string {
  const where = field === undefined ? "" : `,"field":${quote(field)}`;
  return `{"code":${quote(code)}${where},"message":${quote(message)}}`;
}

/** @returns the HTTP status that the catalogue gives the problem */
export function statusOf(problem: Problem): number {
  return Object.hasOwn(PROBLEMS, problem.code) ? PROBLEMS[problem.code as ProblemCode][0] : 400;
}
