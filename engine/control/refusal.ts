/** A question that has no answer: said to the asker by a code of the catalogue. An expected outcome, not an error. */
import { PROBLEMS } from "../model/errors.ts";
import type { ProblemCode } from "../model/errors.ts";

export interface Refusal {
  readonly refused: ProblemCode;
  readonly message: string;
}

export function refusal(code: ProblemCode, message: string = PROBLEMS[code][1]): Refusal {
  return { refused: code, message };
}

/** No answer of the control plane has a member of this name. */
export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === "object" && answer !== null && "refused" in answer && "message" in answer;
}
