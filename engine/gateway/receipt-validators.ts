/** The receipt's schema compiled, beside wire-validators.ts. */
import { Compile } from "typebox/compile";
import type { Problem } from "../shard/port.ts";
import { Receipt } from "./receipt-schemas.ts";
import { findingsProblem } from "./wire-validators.ts";

const receipt = Compile(Receipt);

export function parseReceiptValue(value: unknown): Receipt | Problem {
  return receipt.Check(value) ? value : findingsProblem(receipt.Errors(value));
}
