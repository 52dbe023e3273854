/**
 * The embedded history's tables, as numbered steps. Never edit one that was released: add the next.
 *
 * Rows are kept in the order of their writing, so positions and instants are clustered and DuckDB's own minima and maxima
 * a row group stand in for indexes and day partitions. No unique index: exactness comes from the watermark, and an index
 * would cost more than the rows.
 */
import type { Migration } from "../migration.ts";

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: "records and watermarks",
    statements: [
      `create table watermarks (
        shard integer primary key,
        epoch bigint not null,
        position bigint not null
      )`,
      // body is JSON text: body->>'$.fields.total' reads one property.
      `create table records (
        shard integer not null,
        position bigint not null,
        kind varchar not null,
        accepted_at timestamp not null,
        epoch bigint not null,
        profile varchar,
        event_name varchar,
        event_at timestamp,
        message_id varchar,
        source varchar,
        body json,
        segment varchar,
        entered boolean,
        record blob not null
      )`,
    ],
  },
  {
    number: 2,
    name: "receipts",
    statements: [
      // Amounts in 1/10,000 of the unit, lines_amount in 10^-8: integers, so that sums are exact. profile: null for nobody's.
      `create table receipts (
        shard integer not null,
        position bigint not null,
        accepted_at timestamp not null,
        profile varchar,
        source varchar not null,
        store varchar not null,
        till varchar not null,
        receipt_id varchar not null,
        digest varchar not null,
        kind varchar not null,
        currency varchar not null,
        occurred_at timestamp not null,
        line_count integer not null,
        lines_amount hugeint not null,
        total bigint not null,
        refers_to varchar,
        flags varchar not null,
        earned bigint not null,
        reversed bigint not null,
        eligible bigint not null,
        balance bigint not null,
        answer varchar not null
      )`,
    ],
  },
];
