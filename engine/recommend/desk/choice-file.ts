/**
 * By which form "similar to history" is served, as it was found best on the brand's own data, kept beside the model: every
 * training heeds it, until it is too old and is made anew.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choiceDaysMax } from "../../limits-of-recommending.ts";
import { SIMILAR_FORMS } from "../training/similar-forms.ts";
import type { SimilarForm } from "../training/similar-forms.ts";

export interface Choice {
  readonly form: SimilarForm;
  /** When it was made. */
  readonly at: number;
  /** How many were asked for what they did later. */
  readonly customers: number;
}

const FILE = "choice.json";
const DAY_MS = 86_400_000;

export function writeChoice(folder: string, choice: Choice): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  writeFileSync(`${path}.part`, JSON.stringify(choice), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

/** @returns undefined where there is none, or none that holds at the instant */
export function readChoice(folder: string, at: number): Choice | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  try {
    const { form, at: madeAt, customers } = JSON.parse(readFileSync(path, "utf8")) as Record<keyof Choice, unknown>;
    const known = SIMILAR_FORMS.find((each) => each === form);
    if (known === undefined || typeof madeAt !== "number" || typeof customers !== "number") return undefined;
    return at - madeAt < choiceDaysMax * DAY_MS ? { form: known, at: madeAt, customers } : undefined;
  } catch {
    // Whatever else it is, it is no choice: one is made.
    return undefined;
  }
}
