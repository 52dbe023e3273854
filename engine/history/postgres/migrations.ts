/**
 * The PostgreSQL history's tables, as numbered steps in a schema of their own. Never edit one that was released: add the
 * next. `$schema` stands for the quoted schema name.
 *
 * `records` and `receipts` are partitioned by the day of acceptance, so that retention drops a day as a table;
 * partitions.ts makes the days. The index of records is not unique, since exactness comes from the watermark; it serves refolds, in order of position.
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
  {
    number: 2,
    name: "receipts",
    statements: [
      // Amounts in 1/10,000 of the unit, lines_amount in 10^-8 as text: integers, so that sums are exact. profile: null for
      // nobody's. Step 5 partitions it.
      `create table $schema.receipts (
        shard integer not null,
        position bigint not null,
        accepted_at timestamptz not null,
        profile text,
        source text not null,
        store text not null,
        till text not null,
        receipt_id text not null,
        digest text not null,
        kind text not null,
        currency text not null,
        occurred_at timestamptz not null,
        line_count integer not null,
        lines_amount text not null,
        total bigint not null,
        refers_to text,
        flags text not null,
        earned bigint not null,
        reversed bigint not null,
        eligible bigint not null,
        balance bigint not null,
        answer text not null
      )`,
      "create index receipts_by_digest on $schema.receipts (digest)",
      "create index receipts_by_original on $schema.receipts (refers_to) where refers_to is not null",
    ],
  },
  {
    number: 3,
    name: "merges",
    statements: [
      // A merge may stand twice: who asks takes each once.
      "create table $schema.merges (loser text not null, winner text not null)",
      // Those that stand in records already, by their JSON text, in which bytes that are no text are escaped.
      `insert into $schema.merges (loser, winner)
      select substring(said from '"loser":"([0-9a-f]{24})"'), substring(said from '"winner":"([0-9a-f]{24})"')
      from (select encode(record, 'escape') as said from $schema.records where kind = 'received') as received
      where said like '%"ask":"absorb"%' and said like '%"result":{"is":"done"%'`,
    ],
  },
  {
    number: 4,
    name: "people",
    statements: [
      // One row a profile. sought: its terms, and the ends of its phone numbers behind a #, so that a part is a beginning.
      `create table $schema.people (
        profile text primary key,
        terms text[] not null,
        phones text[] not null,
        heard_at timestamptz not null,
        sought tsvector not null
      )`,
      "create index people_by_term on $schema.people using gin (sought)",
      // What begins a word of many is met soon, walking from the newest on; the planner chooses by the terms' frequency.
      "create index people_by_news on $schema.people (heard_at desc, profile)",
    ],
  },
  {
    number: 5,
    name: "receipts by day",
    statements: [
      // By the day of acceptance, as records are, so that a day goes as a table. A receipt is still found by its digest,
      // whatever its day: each day has the indexes.
      "alter table $schema.receipts rename to receipts_before",
      "drop index $schema.receipts_by_digest, $schema.receipts_by_original",
      "create table $schema.receipts (like $schema.receipts_before) partition by range (accepted_at)",
      "create index receipts_by_digest on $schema.receipts (digest)",
      "create index receipts_by_original on $schema.receipts (refers_to) where refers_to is not null",
      `do $days$
      declare
        day date;
      begin
        for day in select distinct (accepted_at at time zone 'UTC')::date from $schema.receipts_before loop
          execute format(
            'create table $schema.%I partition of $schema.receipts for values from (%L) to (%L)',
            'receipts_' || to_char(day, 'YYYY_MM_DD'),
            to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00'
          );
        end loop;
      end
      $days$`,
      "insert into $schema.receipts select * from $schema.receipts_before",
      "drop table $schema.receipts_before",
    ],
  },
  {
    number: 6,
    name: "seals and documents",
    statements: [
      // A row a drain write: the digest of the records with from_position < position <= to_position.
      `create table $schema.seals (
        shard integer not null,
        from_position bigint not null,
        to_position bigint not null,
        digest text not null
      )`,
      "create index seals_by_shard on $schema.seals (shard, from_position)",
      `create table $schema.documents (
        kind text not null,
        key text collate "C" not null,
        version bigint not null,
        content bytea not null,
        primary key (kind, key)
      )`,
    ],
  },
  {
    number: 7,
    name: "snapshots",
    statements: [
      // One finished head a shard; pages of one that is being taken stand beside those of the finished one.
      `create table $schema.snapshots (
        shard integer primary key,
        take text not null,
        pages integer not null,
        content bytea not null
      )`,
      `create table $schema.snapshot_pages (
        shard integer not null,
        take text not null,
        page integer not null,
        content bytea not null,
        primary key (shard, take, page)
      )`,
      // Rows of profiles are dense already: compressing them costs time and saves a tenth.
      "alter table $schema.snapshot_pages alter column content set storage external",
    ],
  },
  {
    number: 8,
    name: "what was earned by which rule",
    // JSON: a part a rule, with the lines that it counts; null where all lines earned alike.
    statements: ["alter table $schema.receipts add column parts text"],
  },
];
