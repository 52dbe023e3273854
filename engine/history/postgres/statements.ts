/**
 * The PostgreSQL history's statements, by schema. Columns are listed everywhere; `RECORD_COLUMNS` is also the order in
 * which binary-copy.ts writes. Positions, counts and instants come back as float8: all stay below 2^53. Names are sorted
 * by `collate "C"`, so that they come in the same order from every server, and from the embedded history.
 */
import { eventFetchRowsMax } from "../../limits.ts";
import { RECEIPT_COLUMNS, selectReceiptTotals } from "../receipt-rows.ts";

export const RECORD_COLUMNS = [
  "shard",
  "position",
  "kind",
  "accepted_at",
  "epoch",
  "profile",
  "event_name",
  "event_at",
  "message_id",
  "source",
  "body",
  "segment",
  "entered",
  "record",
] as const;

/** $1 a name. Held to the end of the transaction: one migrates, or makes partitions, at a time. */
export const LOCK_NAME = "select pg_advisory_xact_lock(hashtextextended($1, 0))";

export const BEGIN = "begin";
/** One instant for all of a report's statements. */
export const BEGIN_REPORT = "begin isolation level repeatable read read only";
/** As many as limits.ts says at a time. */
export const FETCH_EVENTS = `fetch ${eventFetchRowsMax} from found_events`;
export const COMMIT = "commit";
export const ROLLBACK = "rollback";

/** Tables that have one a day. */
export const PARTITIONED = ["records", "receipts"] as const;

export interface Partition {
  readonly table: (typeof PARTITIONED)[number];
  readonly name: string;
  /** Days, `YYYY-MM-DD`; `to` is the one after. */
  readonly from: string;
  readonly to: string;
}

const INSTANT_3 = "to_timestamp($3::float8 / 1000)";

const aged = (s: string): string => `from ${s}.records as records
  join unnest($4::text[], $5::float8[], $6::text[]) as aged (name, happened_before, trait) on aged.name = event_name
  where kind = 'event' and shard = $1 and position <= $2 and accepted_at < ${INSTANT_3}
    and event_at < to_timestamp(happened_before / 1000)
    and case when trait = '' then true else body #>> array['fields', trait] is not null end`;

export type Statements = ReturnType<typeof createStatements>;

/** @param schema lower case letters, digits and underscores: checked by the caller, quoted here */
export function createStatements(schema: string) {
  const s = `"${schema}"`;
  return {
    lockName: `vif history ${schema}`,

    createSchema: `create schema if not exists ${s}`,
    createMigrations: `create table if not exists ${s}.migrations (
      number integer primary key,
      name text not null,
      digest text not null,
      applied_at timestamptz not null default now()
    )`,
    selectMigrations: `select number, digest from ${s}.migrations`,
    /** $1 number, $2 name, $3 digest */
    insertMigration: `insert into ${s}.migrations (number, name, digest) values ($1, $2, $3)`,
    /** A migration's text with its `$schema` filled in. */
    migration: (statement: string) => statement.replaceAll("$schema", s),

    /** A row at (0, 0) is only a lock that nobody has moved yet. */
    selectWatermarks: `select shard, epoch::float8 as epoch, position::float8 as position
      from ${s}.watermarks where epoch > 0 or position > 0 order by shard`,
    /** $1 shards. In one order here and below: two drainers that meet wait for each other and never deadlock. */
    insertMissingWatermarks: `insert into ${s}.watermarks (shard, epoch, position)
      select shard, 0, 0 from unnest($1::integer[]) as shard order by shard on conflict (shard) do nothing`,
    /** $1 shards */
    lockWatermarks: `select shard, epoch::float8 as epoch, position::float8 as position
      from ${s}.watermarks where shard = any($1::integer[]) order by shard for update`,
    /** $1 shards, $2 epochs, $3 positions */
    moveWatermarks: `update ${s}.watermarks as standing set epoch = moved.epoch, position = moved.position
      from unnest($1::integer[], $2::bigint[], $3::bigint[]) as moved (shard, epoch, position)
      where standing.shard = moved.shard`,

    copyRecords: `copy ${s}.records (${RECORD_COLUMNS.join(", ")}) from stdin with (format binary)`,
    /** $1 shard, $2 after, $3 limit */
    selectRecords: `select position::float8 as position,
        round(extract(epoch from accepted_at) * 1000)::float8 as instant, record
      from ${s}.records where shard = $1 and position > $2 order by position limit $3`,

    /** $1 losers, $2 winners */
    insertMerges: `insert into ${s}.merges (loser, winner) select * from unnest($1::text[], $2::text[])`,
    /**
     * $1 names and $2 profiles, or null for all, and with bounds $3 shards, $4 positions. A profile that went into one
     * that went on into another ends with the last; who was absorbed twice, for its store went back in time, with one of
     * them.
     */
    declareEvents: ({ bounded, exposed }: { readonly bounded: boolean; readonly exposed: boolean }) => {
      const bound = `join unnest($3::integer[], $4::bigint[]) as bounds (shard, up_to)
        on bounds.shard = records.shard and records.position <= bounds.up_to`;
      return `declare found_events no scroll cursor for with recursive merged as (
        select loser, max(winner collate "C") as winner from ${s}.merges group by loser
      ), roots as (
        select loser, winner, 1 as hops from merged
        union all
        select roots.loser, merged.winner, hops + 1 from roots join merged on merged.loser = roots.winner where hops < 100
      ), ends as (
        select distinct on (loser) loser, winner from roots order by loser, hops desc
      )
      select coalesce(ends.winner, profile) as person, record
      from ${s}.records as records ${bounded ? bound : ""}
      left join ends on ends.loser = records.profile
      where (${exposed ? "kind = 'exposed' or" : ""}
          (kind = 'event' and ($1::text[] is null or event_name = any($1::text[]))))
        and ($2::text[] is null or profile = any($2::text[]))
      order by coalesce(ends.winner, profile) collate "C", event_at, records.shard, records.position`;
    },

    /** $1 kinds */
    selectKinds: `select shard, position::float8 as position, record from ${s}.records
      where kind = any($1::text[]) order by shard, position`,
    /** $1 kinds, $2 most */
    selectLatest: `select round(extract(epoch from accepted_at) * 1000)::float8 as instant, shard::float8 as shard,
        position::float8 as position, record from ${s}.records
      where kind = any($1::text[]) and ($3::float8 is null
        or round(extract(epoch from accepted_at) * 1000) < $3::float8
        or (round(extract(epoch from accepted_at) * 1000) = $3::float8
          and (shard > $4::float8 or (shard = $4::float8 and position < $5::float8))))
      order by accepted_at desc, shard, position desc limit $2`,
    /** $1 names */
    countEvents: `select count(*)::float8 as events from ${s}.records
      where kind = 'event' and event_name = any($1::text[])`,

    copyReceipts: `copy ${s}.receipts (${RECEIPT_COLUMNS.join(", ")}) from stdin with (format binary)`,
    /** $1 digest. One with a customer before nobody's. */
    selectReceipt: `select profile, earned::float8 as earned, eligible::float8 as eligible, answer,
        kind, currency, round(extract(epoch from occurred_at) * 1000)::float8 as occurred_at,
        line_count::float8 as line_count, lines_amount, total::float8 as total, parts
      from ${s}.receipts where digest = $1 order by profile nulls last limit 1`,
    /** $1 digest */
    selectReturns: `select digest, reversed::float8 as reversed, eligible::float8 as eligible, parts
      from ${s}.receipts where refers_to = $1 and profile is not null`,
    selectReceiptTotals: selectReceiptTotals(`${s}.receipts`, (column) => `sum(${column}::numeric)::text`),

    selectTotals: `select
        count(*)::float8 as events,
        count(distinct profile)::float8 as profiles,
        round(extract(epoch from min(event_at)) * 1000)::float8 as first_at,
        round(extract(epoch from max(event_at)) * 1000)::float8 as last_at
      from ${s}.records where kind = 'event'`,
    selectEventTotals: `select event_name as name, count(*)::float8 as events, count(distinct profile)::float8 as profiles
      from ${s}.records where kind = 'event' group by event_name order by count(*) desc, event_name collate "C"`,
    selectTransitionTotals: `select segment,
        (count(*) filter (where entered))::float8 as entered,
        (count(*) filter (where not entered))::float8 as left_count
      from ${s}.records where kind = 'transition' group by segment order by segment collate "C"`,

    /** Of two that write people, one waits for the other's end; who reads waits for nobody. */
    lockPeople: `lock table ${s}.people in share row exclusive mode`,
    /** $1 profiles */
    selectStandingPeople: `select profile, terms, phones, round(extract(epoch from heard_at) * 1000)::float8 as "heardAt"
      from ${s}.people where profile = any($1::text[])`,
    /** $1 a JSON list of rows, sought as a list of terms. */
    putPeople: `insert into ${s}.people (profile, terms, phones, heard_at, sought)
      select profile, terms, phones, heard_at, array_to_tsvector(sought)
      from json_to_recordset($1::json)
        as said (profile text, terms text[], phones text[], heard_at timestamptz, sought text[])
      on conflict (profile) do update set
        terms = excluded.terms, phones = excluded.phones, heard_at = excluded.heard_at, sought = excluded.sought`,
    deleteAllPeople: `delete from ${s}.people`,
    countPeople: `select count(*)::float8 as people from ${s}.people`,
    /** $1 a query of terms, $2 limit */
    selectPeople: `select profile from ${s}.people where sought @@ $1::tsquery
      order by heard_at desc, profile collate "C" limit $2`,

    /** $1 shards, $2 from, $3 to, $4 digests */
    insertSeals: `insert into ${s}.seals (shard, from_position, to_position, digest)
      select * from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::text[])`,
    /** $1 shard, $2 after, $3 limit */
    selectSeals: `select from_position::float8 as "from", to_position::float8 as "to", digest
      from ${s}.seals where shard = $1 and to_position > $2 order by from_position limit $3`,
    /** $1 kind, $2 key */
    selectDocument: `select kind, key, version::float8 as version, content
      from ${s}.documents where kind = $1 and key = $2`,
    /** $1 kind, $2 limit */
    selectDocuments: `select kind, key, version::float8 as version, content
      from ${s}.documents where kind = $1 order by key desc limit $2`,
    /** $1 kind, $2 key, $3 content, $4 the version that it is to stand at, 0: not there, null: any */
    putDocument: `insert into ${s}.documents as standing (kind, key, version, content)
      select $1, $2, 1, $3 where coalesce($4::bigint, 0) = 0
        or exists (select from ${s}.documents where kind = $1 and key = $2 and version = $4::bigint)
      on conflict (kind, key) do update set version = standing.version + 1, content = excluded.content
        where $4::bigint is null or standing.version = $4::bigint
      returning version`,
    /** $1 kind, $2 key, $3 as putDocument's $4 */
    deleteDocument: `delete from ${s}.documents where kind = $1 and key = $2
      and ($3::bigint is null or version = $3::bigint) returning version`,

    /** $1 shard */
    selectSnapshot: `select shard, take, pages, content from ${s}.snapshots where shard = $1`,
    /** $1 shard, $2 take, $3 page */
    selectSnapshotPage: `select content from ${s}.snapshot_pages where shard = $1 and take = $2 and page = $3`,
    /** $1 shard, $2 take */
    countSnapshotPages: `select count(*)::integer as pages from ${s}.snapshot_pages where shard = $1 and take = $2`,
    /** $1 shard, $2 take, $3 page, $4 content */
    putSnapshotPage: `insert into ${s}.snapshot_pages (shard, take, page, content) values ($1, $2, $3, $4)
      on conflict (shard, take, page) do update set content = excluded.content`,
    /** $1 shard, $2 takes that stay: of all others of the shard but the one that was finished last */
    deleteOtherPages: `delete from ${s}.snapshot_pages where shard = $1 and take <> all($2::text[])
      and take not in (select take from ${s}.snapshots where shard = $1)`,
    /** $1 shard, $2 take, $3 pages, $4 content */
    putSnapshot: `insert into ${s}.snapshots (shard, take, pages, content) values ($1, $2, $3, $4)
      on conflict (shard) do update set take = excluded.take, pages = excluded.pages, content = excluded.content`,

    /** As AGED of the embedded history: $1 shard, $2 up to, $3 accepted before, $4 names, $5 befores, $6 traits */
    countAged: `select event_name as name, trait, count(*)::float8 as rows ${aged(s)}
      group by event_name, trait order by event_name collate "C", trait collate "C"`,
    /** $7 limit */
    deleteAged: `with gone as (
        delete from ${s}.records using (select records.tableoid as of_table, records.ctid as place ${aged(s)} limit $7) as found
        where records.tableoid = found.of_table and records.ctid = found.place and records.accepted_at < ${INSTANT_3}
        returning records.tableoid
      ) select relname as name, count(*)::float8 as rows from gone join pg_class on pg_class.oid = gone.tableoid group by relname`,
    /** $1 shard, $2 kind, $3 positions, $4 records; $5 and $6 the first and the last instant, so that few days are looked at */
    replaceRecords: `with fresh as (
        update ${s}.records set record = found.record
        from unnest($3::float8[], $4::bytea[]) as found (at, record)
        where shard = $1 and position = found.at::bigint and kind = $2
          and accepted_at between to_timestamp($5::float8 / 1000) - interval '1 s' and to_timestamp($6::float8 / 1000) + interval '1 s'
        returning records.tableoid
      ) select relname as name, count(*)::float8 as rows from fresh join pg_class on pg_class.oid = fresh.tableoid group by relname`,
    /** $1 shard, $2 position */
    deleteRepeated: `with gone as (
        delete from ${s}.records using (
          select tableoid as of_table, ctid as place, row_number() over (partition by record order by accepted_at, ctid) as nth
          from ${s}.records where shard = $1 and position = $2
        ) as found
        where records.tableoid = found.of_table and records.ctid = found.place and nth > 1
        returning records.tableoid
      ) select relname as name, count(*)::float8 as rows from gone join pg_class on pg_class.oid = gone.tableoid group by relname`,
    /** $1 shard, $2 profiles, $3 up to which position of each */
    deleteRowsOf: `with gone as (
        delete from ${s}.records using (
          select records.tableoid as of_table, records.ctid as place from ${s}.records as records
          join unnest($2::text[], $3::float8[]) as gone (id, up_to) on gone.id = profile
          where shard = $1 and position <= up_to
        ) as found
        where records.tableoid = found.of_table and records.ctid = found.place
        returning records.tableoid
      ) select relname as name, count(*)::float8 as rows from gone join pg_class on pg_class.oid = gone.tableoid group by relname`,
    /** $1 profiles */
    deletePeopleOf: `delete from ${s}.people where profile = any($1::text[])`,
    /** $1 shard, $2 up to */
    deleteSeals: `delete from ${s}.seals where shard = $1 and to_position <= $2`,
    /** $1 a table */
    selectPartitions: `select relname as name, pg_total_relation_size(pg_class.oid)::float8 as bytes
      from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = $1::regclass order by relname`,
    partitionedTable: (table: (typeof PARTITIONED)[number]) => `${s}."${table}"`,
    selectAnyOf: (name: string) => `select exists (select from ${s}."${name}") as found`,
    /** Before a table goes, or is written anew: behind who waits for one that reads for long, all others would wait. */
    waitLittle: "set local lock_timeout = '2s'",
    dropPartition: (name: string) => `drop table ${s}."${name}"`,
    rewritePartition: (name: string) => [
      "set lock_timeout = '2s'",
      `vacuum (full, analyze) ${s}."${name}"`,
      "reset lock_timeout",
    ],

    /** $1 as `partitionTable` */
    selectPartition: "select to_regclass($1) is not null as found",
    partitionTable: (name: string) => `${s}."${name}"`,
    /**
     * Made apart, then attached: attaching takes a lock that lets readers and drains go on, where `create table ...
     * partition of` would wait for every running report and hold up every drain behind it. Bounds are literals by
     * grammar; partitions.ts makes them of digits and dashes.
     */
    createPartition: ({ table, name }: Partition) => `create table ${s}."${name}" (like ${s}.${table} including all)`,
    attachPartition: ({ table, name, from, to }: Partition) =>
      `alter table ${s}.${table} attach partition ${s}."${name}"
        for values from ('${from} 00:00:00+00') to ('${to} 00:00:00+00')`,
  };
}
