/**
 * Numbers for the texts that stand in nearly every row: kinds, event names, sources, segments. They are rows of `names`,
 * made in the transaction that first needs them. A part is remembered here; any that is not is looked up, so that a
 * sender who invents names fills the table as it would fill the rows, and not the memory.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { listValue } from "@duckdb/node-api";
import { knownNamesMax } from "../../limits.ts";
import { NAMES_TABLE, SELECT_LAST_NAME, SELECT_NAMES } from "./statements.ts";

export class NameNumbers {
  #numbers = new Map<string, number>();
  /** The highest in use; undefined: to be asked. */
  #last: number | undefined;

  /** The number of a text that `know` was called with; 0 for none. */
  of(text: string | undefined): number {
    return text === undefined ? 0 : (this.#numbers.get(text) ?? 0);
  }

  /** After a transaction that was rolled back, or may have been. */
  forget(): void {
    this.#numbers = new Map();
    this.#last = undefined;
  }

  /** From now on, and to the next call, `of` tells these texts' numbers. Within a transaction. */
  async know(connection: DuckDBConnection, texts: ReadonlySet<string>): Promise<void> {
    if (this.#numbers.size > knownNamesMax) this.#numbers = new Map();
    const missing = new Set([...texts].filter((text) => !this.#numbers.has(text)));
    if (missing.size === 0) return;
    const found = await connection.runAndReadAll(SELECT_NAMES, { texts: listValue([...missing]) });
    for (const { number, text } of found.getRowObjectsJS()) {
      this.#numbers.set(String(text), Number(number));
      missing.delete(String(text));
    }
    if (missing.size === 0) return;
    if (this.#last === undefined) {
      const [row] = (await connection.runAndReadAll(SELECT_LAST_NAME)).getRowObjectsJS();
      this.#last = Number(row?.["last"] ?? 0);
    }
    const appender = await connection.createAppender(NAMES_TABLE);
    try {
      for (const text of missing) {
        this.#last += 1;
        appender.appendInteger(this.#last);
        appender.appendVarchar(text);
        appender.endRow();
        this.#numbers.set(text, this.#last);
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }
}
