/**
 * The PostgreSQL history's tables, as numbered steps in a schema of their own. Never edit one that was released: add the
 * next. `$schema` stands for the quoted schema name.
 *
 * `records` is partitioned by the day of acceptance, so that retention drops a day as a table; partitions.ts makes the
 * days. Its index is not unique, since exactness comes from the watermark; it serves refolds, in order of position.
 */
import type { Migration } from "../migration.ts";

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: "records and watermarks",
    statements: [
      `create table $schema.watermarks (
        shard integer primary key,
        epoch bigint not null,
        position bigint not null
      )`,
      // json and not jsonb: the text is kept as it was recorded, at half the cost; body #>> '{fields,total}' reads it.
      `create table $schema.records (
        shard integer not null,
        position bigint not null,
        kind text not null,
        accepted_at timestamptz not null,
        epoch bigint not null,
        profile text,
        event_name text,
        event_at timestamptz,
        message_id text,
        source text,
        body json,
        segment text,
        entered boolean,
        record bytea not null
      ) partition by range (accepted_at)`,
      "create index records_in_order on $schema.records (shard, position)",
    ],
  },
];
