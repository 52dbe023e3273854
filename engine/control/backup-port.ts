/** What is asked of the control plane for a backup, and what it answers. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { backupPathCharsMax } from "../limits-of-reconcile.ts";

const closed = { additionalProperties: false } as const;

export const BackupRequestSchema = Type.Object(
  {
    folder: Type.String({
      minLength: 1,
      maxLength: backupPathCharsMax,
      pattern: "^/",
      description: "a whole path on the engine's computer; it must not be there yet, or be an empty folder",
      examples: ["/backups/2026-11-29"],
    }),
  },
  closed,
);

export const BackedUpSchema = Type.Union([
  Type.Object(
    {
      is: Type.Literal("done"),
      at: Type.Integer({ description: "all that was acknowledged by then is in it, ms since 1970-01-01T00:00Z" }),
      shards: Type.Integer({ minimum: 1 }),
      bytes: Type.Integer({ minimum: 0 }),
    },
    closed,
  ),
  Type.Object(
    { is: Type.Literal("refused"), problem: Type.String(), remedy: Type.String() },
    { ...closed, description: "nothing was written" },
  ),
]);
export type BackedUp = Static<typeof BackedUpSchema>;

export interface BackupQuestions {
  /** Rejects with SetupError or HistoryUnavailable. */
  backUp(folder: string): Promise<{ readonly at: number; readonly shards: number; readonly size: number }>;
}
