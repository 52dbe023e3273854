/**
 * The embedded history's rows that are too old, or stand twice: counted, removed, or put in place of by others that say less.
 * What they took is given back by compacting (duckdb-file.ts).
 */
import { BIGINT, BLOB, blobValue, LIST, listValue, VARCHAR } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Position, ShardId } from "../../model/ids.ts";
import type { AgedCount, AgedScan, EmptiedPerson, ReplacedRecord } from "../port.ts";
import {
  COUNT_AGED,
  DELETE_AGED,
  DELETE_PEOPLE,
  DELETE_REPEATED,
  DELETE_ROWS_OF,
  DELETE_SEALS,
  REPLACE_RECORDS,
} from "./statements.ts";

export async function countAged(connection: DuckDBConnection, scan: AgedScan): Promise<readonly AgedCount[]> {
  const found = await connection.runAndReadAll(COUNT_AGED, valuesOf(scan), TYPES);
  return found.getRowObjectsJS().map((row) => ({
    name: String(row["name"]),
    trait: row["trait"] === ANY ? undefined : String(row["trait"]),
    rows: Number(row["rows"]),
  }));
}

/** Within a transaction. */
export async function removeAged(connection: DuckDBConnection, scan: AgedScan, limit: number): Promise<number> {
  return (await connection.run(DELETE_AGED, { ...valuesOf(scan), limit }, TYPES)).rowsChanged;
}

/** Within a transaction. */
export async function removePeople(
  connection: DuckDBConnection,
  shard: ShardId,
  people: readonly EmptiedPerson[],
): Promise<number> {
  const profiles = listValue(people.map(({ profile }) => profile));
  const upTos = listValue(people.map(({ upTo }) => BigInt(upTo)));
  const types = { profiles: LIST(VARCHAR), upTos: LIST(BIGINT) };
  await connection.run(DELETE_PEOPLE, { profiles }, { profiles: types.profiles });
  return (await connection.run(DELETE_ROWS_OF, { shard, profiles, upTos }, types)).rowsChanged;
}

/** Within a transaction. */
export async function replaceRecords(
  connection: DuckDBConnection,
  {
    shard,
    kind,
    records,
  }: { readonly shard: ShardId; readonly kind: string; readonly records: readonly ReplacedRecord[] },
): Promise<number> {
  const positions = listValue(records.map(({ position }) => BigInt(position)));
  const bytes = listValue(records.map(({ record }) => blobValue(record)));
  const types = { positions: LIST(BIGINT), records: LIST(BLOB) };
  return (await connection.run(REPLACE_RECORDS, { shard, kind, positions, records: bytes }, types)).rowsChanged;
}

/** Within a transaction. */
export async function removeRepeated(
  connection: DuckDBConnection,
  shard: ShardId,
  position: Position,
): Promise<number> {
  return (await connection.run(DELETE_REPEATED, { shard, position })).rowsChanged;
}

/** Within a transaction. */
export async function forgetSeals(connection: DuckDBConnection, shard: ShardId, upTo: Position): Promise<void> {
  await connection.run(DELETE_SEALS, { shard, upTo });
}

/** In place of a trait. */
const ANY = "";
const TYPES = { names: LIST(VARCHAR), befores: LIST(BIGINT), traits: LIST(VARCHAR) };

function valuesOf({ shard, upTo, acceptedBefore, events }: AgedScan): Record<string, DuckDBValue> {
  return {
    shard,
    upTo,
    acceptedBefore,
    names: listValue(events.map(({ name }) => name)),
    befores: listValue(events.map(({ before }) => BigInt(Math.floor(before)))),
    traits: listValue(events.map(({ trait = ANY }) => trait)),
  };
}
