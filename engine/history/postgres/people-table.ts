/** PostgreSQL's people: one row a profile, found by an inverted index of its terms. */
import type { ProfileId } from "../../model/ids.ts";
import { changedPeople } from "../people-rows.ts";
import type { Person } from "../people-rows.ts";
import type { SoughtWord } from "../people-words.ts";
import type { Connection } from "./connection-pool.ts";
import { filedInstant } from "./partitions.ts";
import type { Statements } from "./statements.ts";

/** Digits of a phone number that are sought at least: soughtWords takes fewer for a word. */
const PHONE_DIGITS_MIN = 3;

/** Within a transaction, and last in it: others that write people wait for its end. */
export async function writePeople(
  connection: Connection,
  statements: Statements,
  said: readonly Person[],
): Promise<void> {
  if (said.length === 0) return;
  await connection.query(statements.lockPeople);
  const profiles = said.map(({ profile }) => profile);
  const standing = await connection.query<Person>(statements.selectStandingPeople, [profiles]);
  const changed = changedPeople(standing, said);
  if (changed.length > 0) await connection.query(statements.putPeople, [JSON.stringify(changed.map(rowOf))]);
}

export async function seekPeople(
  connection: Connection,
  statements: Statements,
  sought: { readonly words: readonly SoughtWord[]; readonly limit: number },
): Promise<readonly ProfileId[]> {
  const { words, limit } = sought;
  if (words.length === 0) return [];
  const query = words.map(termsOf).join(" & ");
  const rows = await connection.query<{ profile: ProfileId }>(statements.selectPeople, [query, limit]);
  return rows.map(({ profile }) => profile);
}

function termsOf({ word, digits }: SoughtWord): string {
  return digits === "" ? beginningWith(word) : `(${beginningWith(word)} | ${beginningWith(`#${digits}`)})`;
}

/** A term in a query is quoted; signs that mean something within the quotes are doubled. */
function beginningWith(term: string): string {
  return `'${term.replace(/['\\]/g, "$&$&")}':*`;
}

function rowOf({ profile, terms, phones, heardAt }: Person): object {
  const ends = phones.flatMap((digits) =>
    Array.from({ length: Math.max(0, digits.length - PHONE_DIGITS_MIN + 1) }, (_, at) => `#${digits.slice(at)}`),
  );
  const heard_at = new Date(filedInstant(heardAt)).toISOString();
  return { profile, terms, phones, heard_at, sought: [...new Set([...terms, ...ends])] };
}
