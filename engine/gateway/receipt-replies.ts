/** What tills are told, around the members that the shard has made and recorded; the counterpart of replies.ts. */
import { decisionsText, problemOf, problemText, quote, statusOf } from "./replies.ts";
import type { EventOutcome } from "./replies.ts";
import type { FinalAnswer } from "./router-port.ts";

type ReceiptAnswer = Extract<FinalAnswer, { is: "receipt" }>;

/** One receipt's reply on a socket or in a batch. `outcome.messageId` is the receipt's own id. */
export function receiptReply(outcome: EventOutcome, requestId?: string): string {
  const request = requestId === undefined ? "" : `"requestId":${quote(requestId)},`;
  const { answer } = outcome;
  if (answer.is === "receipt") return `{"ok":true,${request}${acceptedMembers(answer)}}`;
  const retry = answer.is === "busy" ? `,"retryAfterMs":${answer.retryAfterMs}` : "";
  const id = outcome.messageId === undefined ? "" : `"receiptId":${quote(outcome.messageId)},`;
  return `{"ok":false,${request}${id}"is":"refused","problem":${problemText(receiptProblem(outcome))}${retry}}`;
}

/** HTTP's answer to one receipt. */
export function httpReceiptReply(outcome: EventOutcome): { readonly status: number; readonly text: string } {
  const { answer } = outcome;
  if (answer.is === "receipt") return { status: 200, text: `{"success":true,${acceptedMembers(answer)}}` };
  const problem = receiptProblem(outcome);
  const id = outcome.messageId === undefined ? "" : `"receiptId":${quote(outcome.messageId)},`;
  return { status: statusOf(problem), text: `{"success":false,${id}"problem":${problemText(problem)}}` };
}

function acceptedMembers({ repeated, members, resolved, decisions }: ReceiptAnswer): string {
  const shown = decisions === undefined ? "" : `,"decisions":${decisionsText(decisions)}`;
  return `${members},"is":"${repeated ? "repeated" : "accepted"}","resolved":${resolved}${shown}`;
}

function receiptProblem({ answer, shortage }: EventOutcome) {
  switch (answer.is) {
    case "refused":
      return answer.problem;
    case "busy":
      return problemOf(shortage ?? "busy");
    case "receipt":
    case "applied":
    case "duplicate":
    case "read":
      throw new TypeError(`${answer.is} is no refusal of a receipt`);
  }
}
