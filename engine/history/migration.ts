/**
 * Numbered steps from an empty history to today's tables, the same way for both adapters. A step is never edited once it
 * has been released: its digest is kept beside its number, and a store whose past differs from ours is refused rather
 * than guessed at. Pure.
 */
import { createHash } from "node:crypto";
import { SetupError } from "../model/errors.ts";

export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  /** Statements in order, run in the transaction that records the step. */
  readonly statements: readonly string[];
}

export interface AppliedMigration {
  readonly number: number;
  readonly digest: string;
}

/** 16 hex digits over the statements' text. */
export function digestMigration(migration: Migration): string {
  return createHash("sha256").update(JSON.stringify(migration.statements)).digest("hex").slice(0, 16);
}

/**
 * @param applied in any order
 * @returns the steps still to run, in order
 * @throws SetupError when the store is of a later version, or was made by other steps under the same numbers
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const digests = new Map(applied.map((step) => [step.number, step.digest]));
  const newest = applied.reduce((most, step) => Math.max(most, step.number), 0);
  if (newest > known.length) {
    throw new SetupError(
      `The history is at version ${newest}, this program knows up to ${known.length}.`,
      "Start the version of Vif that last wrote this history, or a later one.",
    );
  }
  const pending: Migration[] = [];
  for (const migration of known) {
    const digest = digests.get(migration.number);
    if (digest === undefined) pending.push(migration);
    else if (digest !== digestMigration(migration)) {
      throw new SetupError(
        `Step ${migration.number} (${migration.name}) of the history was made by another program.`,
        "Name another file, database or schema for this history.",
      );
    }
  }
  return pending;
}
