/**
 * Which of PostgreSQL's and its client's errors may pass. SQLSTATE classes of
 * https://www.postgresql.org/docs/current/errcodes-appendix.html: 22 (bad values), 23 (constraints) and 42 (syntax,
 * unknown names) are mistakes in this program; all others, a lost connection, a full disk, a missing right, a restart,
 * end or are ended by an operator. Texts never quote a row: the server's `detail` is left out.
 */
import { HistoryUnavailable, SetupError } from "../../model/errors.ts";

/** insufficient_privilege: somebody's right to give, though of class 42. */
const NOT_ALLOWED = "42501";
/** check_violation: no partition for a row; made again on repetition. */
const NO_PARTITION = "23514";
/** in_failed_sql_transaction: what failed was the COPY before, whose own error arrived too late to be told. */
const ABORTED = "25P02";

/** @param where host and database, without user and password */
export function typedPostgresError(error: unknown, where: string): unknown {
  if (error instanceof HistoryUnavailable || error instanceof SetupError) return error;
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return error;
  const code = codeOf(error);
  if (/^(22|23|42)/.test(code) && code !== NOT_ALLOWED && code !== NO_PARTITION) return error;
  const reason = code === ABORTED ? "rows were refused, see the server's log" : messageOf(error);
  return new HistoryUnavailable(`The history at ${where} cannot be used: ${reason} (${code || "no code"})`, {
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Node reports a host of several addresses as one AggregateError without a text of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
