/**
 * What the two histories' people have in common: who of a drain must be written, what becomes of a row that stands, and
 * how all of them are gathered anew. The people are a read model: one row a profile, written in the transaction of the
 * records that name it, and nothing in it that the records do not say.
 */
import { crc32 } from "node:zlib";
import { peopleKnownMax, peopleRebuildRecords } from "../limits.ts";
import type { Instant, Position, ProfileId, ShardId } from "../model/ids.ts";
import { decodeRecord } from "../model/record-codec.ts";
import { joinTerms, termsOfEvent } from "./people-words.ts";
import type { PersonTerms } from "./people-words.ts";
import type { History, HistoryRow } from "./port.ts";

/** A profile, by what it is found, and when the last of it was said. */
export interface Person extends PersonTerms {
  readonly profile: ProfileId;
  readonly heardAt: Instant;
}

/** Remembers a bounded part of what was written: who comes back mostly says what is known. */
export class KnownPeople {
  #written = new Set<string>();

  /** One a profile; only those of whom something is said that is not remembered. Counts as written from now on. */
  of(groups: readonly (readonly HistoryRow[])[]): readonly Person[] {
    if (this.#written.size > peopleKnownMax) this.forget();
    const people = new Map<ProfileId, Person>();
    for (const rows of groups) {
      for (const { profile, named, event, instant } of rows) {
        if (named === undefined || profile === undefined) continue;
        const saying = `${profile}${crc32(`${named.terms.join(" ")}\n${named.phones.join(" ")}`)}`;
        if (this.#written.has(saying)) continue;
        this.#written.add(saying);
        const person = { profile, heardAt: event?.timestamp ?? instant, ...named };
        const other = people.get(profile);
        people.set(profile, other === undefined ? person : joined(other, person));
      }
    }
    return [...people.values()];
  }

  /** After a transaction that was rolled back, or may have been. */
  forget(): void {
    this.#written = new Set();
  }
}

/** The rows to write: of those that say something new of what stands. */
export function changedPeople(standing: readonly Person[], said: readonly Person[]): readonly Person[] {
  const rows = new Map(standing.map((person) => [person.profile, person]));
  return said.flatMap((person) => {
    const row = rows.get(person.profile);
    if (row === undefined) return [person];
    const both = joined(row, person);
    return both === row ? [] : [both];
  });
}

function joined(known: Person, said: Person): Person {
  const terms = joinTerms(known, said);
  return terms === known ? known : { ...known, ...terms, heardAt: Math.max(known.heardAt, said.heardAt) };
}

/** Reads every record of every shard once. */
export async function gatherPeople(
  history: Pick<History, "watermarks" | "records">,
  take: (people: readonly Person[]) => Promise<void>,
): Promise<void> {
  for (const shard of (await history.watermarks()).keys()) await gatherShard(history, shard, take);
}

async function gatherShard(
  history: Pick<History, "records">,
  shard: ShardId,
  take: (people: readonly Person[]) => Promise<void>,
): Promise<void> {
  let after: Position = 0;
  for (;;) {
    const page = await history.records(shard, after, peopleRebuildRecords);
    const people = new Map<ProfileId, Person>();
    for (const { record } of page) {
      const person = personOf(record);
      if (person === undefined) continue;
      const other = people.get(person.profile);
      people.set(person.profile, other === undefined ? person : joined(other, person));
    }
    if (people.size > 0) await take([...people.values()]);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.position;
  }
}

function personOf(record: Uint8Array): Person | undefined {
  const decoded = decodeRecord(record);
  if (decoded.kind !== "event") return undefined;
  const terms = termsOfEvent(decoded.event);
  return terms && { profile: decoded.profile, heardAt: decoded.event.timestamp, ...terms };
}
