/** The embedded history's people: one row a profile, replaced when something new is heard of it. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { DuckDBTimestampMillisecondsValue, VARCHAR, LIST, listValue } from "@duckdb/node-api";
import type { ProfileId } from "../../model/ids.ts";
import { changedPeople } from "../people-rows.ts";
import type { Person } from "../people-rows.ts";
import type { SoughtWord } from "../people-words.ts";
import { DELETE_PEOPLE, PEOPLE_TABLE, selectPeople, SELECT_STANDING_PEOPLE } from "./statements.ts";

const TEXTS = { profiles: LIST(VARCHAR) };

/** Within a transaction. */
export async function writePeople(connection: DuckDBConnection, said: readonly Person[]): Promise<void> {
  if (said.length === 0) return;
  const named = { profiles: listValue(said.map(({ profile }) => profile)) };
  const standing = await connection.runAndReadAll(SELECT_STANDING_PEOPLE, named, TEXTS);
  const changed = changedPeople(standing.getRowObjectsJS().map(personOf), said);
  if (changed.length === 0) return;
  if (standing.currentRowCount > 0) {
    const replaced = { profiles: listValue(changed.map(({ profile }) => profile)) };
    await connection.run(DELETE_PEOPLE, replaced, TEXTS);
  }
  const appender = await connection.createAppender(PEOPLE_TABLE);
  try {
    for (const { profile, terms, phones, heardAt } of changed) {
      appender.appendVarchar(profile);
      appender.appendVarchar(terms.map((term) => ` ${term}`).join(""));
      appender.appendVarchar(phones.join(" "));
      appender.appendTimestampMilliseconds(new DuckDBTimestampMillisecondsValue(BigInt(Math.round(heardAt))));
      appender.endRow();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

export async function seekPeople(
  connection: DuckDBConnection,
  words: readonly SoughtWord[],
  limit: number,
): Promise<readonly ProfileId[]> {
  if (words.length === 0) return [];
  const values = Object.fromEntries(
    words.flatMap(({ word, digits }, index) => [
      [`w${index + 1}`, ` ${word}`],
      [`d${index + 1}`, digits],
    ]),
  );
  const found = await connection.runAndReadAll(selectPeople(words.length), { ...values, limit });
  return found.getRowObjectsJS().map((row) => String(row["profile"]) as ProfileId);
}

function personOf(row: Readonly<Record<string, unknown>>): Person {
  const split = (text: unknown): readonly string[] =>
    String(text)
      .split(" ")
      .filter((part) => part !== "");
  return {
    profile: String(row["profile"]) as ProfileId,
    terms: split(row["words"]),
    phones: split(row["digits"]),
    heardAt: Number(row["heard_at"]),
  };
}
