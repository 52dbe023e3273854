/**
 * The embedded history's statements. Columns are listed everywhere. `record_rows` is what row-appender.ts writes,
 * `records` is the view of it that is asked. Positions, counts and instants come back as doubles: all stay below 2^53.
 */
import { duckdbRowGroupRows } from "../../limits-of-history.ts";
import { selectReceiptTotals } from "../receipt-rows.ts";

/** Outside the numbered steps, for it is what counts them. */
export const CREATE_MIGRATIONS = `create table if not exists migrations (
  number integer primary key,
  name varchar not null,
  digest varchar not null
)`;

export const SELECT_MIGRATIONS = "select number, digest from migrations";

export const INSERT_MIGRATION =
  "insert into migrations (number, name, digest) values ($number::integer, $name, $digest)";

export const RECORDS_TABLE = "record_rows";

export const SELECT_LAST_NAME = "select coalesce(max(number), 0)::integer as last from names";

export const SELECT_NAMES = "select number, text from names where text in (select unnest($texts::varchar[]))";

export const NAMES_TABLE = "names";

export const RECEIPTS_TABLE = "receipts";

/** One with a customer before nobody's. */
export const SELECT_RECEIPT = `select profile, earned::double as earned, eligible::double as eligible, answer,
  kind, currency, epoch_ms(occurred_at)::double as occurred_at, line_count::double as line_count,
  lines_amount::varchar as lines_amount, total::double as total, parts
from receipts where digest = $digest order by profile nulls last limit 1`;

export const SELECT_RETURNS = `select digest, reversed::double as reversed, eligible::double as eligible, parts
from receipts where refers_to = $digest and profile is not null`;

export const SELECT_RECEIPT_TOTALS = selectReceiptTotals("receipts", (column) => `sum(${column})::varchar`);

export const SELECT_WATERMARKS = `select shard, epoch::double as epoch, position::double as position
from watermarks order by shard`;

/** $shards, $epochs, $positions: of one drain, as a statement a shard costs as much as hundreds of rows. */
export const PUT_WATERMARKS = `insert into watermarks (shard, epoch, position)
select unnest($shards::integer[]), unnest($epochs::bigint[]), unnest($positions::bigint[])
on conflict (shard) do update set epoch = excluded.epoch, position = excluded.position`;

export const SELECT_RECORDS = `select position::double as position, epoch_ms(accepted_at)::double as instant,
  bytes[1:record_length] as record
from record_rows where shard = $shard::integer and position > $after::bigint and position <= $upTo::bigint
order by position limit $limit::bigint`;

/** $losers, $winners: ids; written in the transaction of their records. */
export const INSERT_MERGES = `insert into merges
select ${hexColumns("loser")}, ${hexColumns("winner")}
from (select unnest($losers::varchar[]) as loser, unnest($winners::varchar[]) as winner)`;

/**
 * $names where some are named, $profiles where only some people are wanted, and with bounds $shards and $positions. A
 * profile that went into one that went on into another ends with the last; who was absorbed twice, for its store went back
 * in time, with one of them.
 */
export function selectEvents({
  named,
  some,
  bounded,
  exposed,
}: {
  readonly named: boolean;
  readonly some: boolean;
  readonly bounded: boolean;
  readonly exposed: boolean;
}): string {
  const whose = some
    ? `and (profile_1, profile_2, profile_3) in (
      select (${hexColumns("id")}) from (select unnest($profiles::varchar[]) as id))`
    : "";
  const bound = `join (select unnest($shards::integer[]) as shard, unnest($positions::bigint[]) as up_to) as bounds
  on bounds.shard = record_rows.shard and position <= up_to`;
  return `with recursive merged as (
  select (loser_1, loser_2, loser_3) as loser, max((winner_1, winner_2, winner_3)) as winner
  from merges group by all
), roots as (
  select loser, winner, 1 as hops from merged
  union all
  select roots.loser, merged.winner, hops + 1 from roots join merged on merged.loser = roots.winner where hops < 100
), ends as (
  select loser, arg_max(winner, hops) as winner from roots group by loser
), found as (
  select
    coalesce(ends.winner[1], profile_1) as person_1,
    coalesce(ends.winner[2], profile_2) as person_2,
    coalesce(ends.winner[3], profile_3) as person_3,
    event_at, record_rows.shard as shard, position,
    bytes[1:record_length] as record
  from record_rows ${bounded ? bound : ""}
  left join ends on ends.loser = (profile_1, profile_2, profile_3)
  where (${exposed ? "kind = (select number from names where text = 'exposed') or" : ""} (
      kind = (select number from names where text = 'event')
      ${named ? "and event_name in (select number from names where text in (select unnest($names::varchar[])))" : ""}
    )) ${whose}
)
select person_1, person_2, person_3, record from found
order by person_1, person_2, person_3, event_at, shard, position`;
}

/** $kinds */
export const SELECT_KINDS = `select shard, position::double as position, bytes[1:record_length] as record
from record_rows where kind in (select number from names where text in (select unnest($kinds::varchar[])))
order by shard, position`;

/** $kinds, $most */
export const SELECT_LATEST = `select epoch_ms(accepted_at)::double as instant, shard::double as shard,
  position::double as position, bytes[1:record_length] as record
from record_rows where kind in (select number from names where text in (select unnest($kinds::varchar[])))
  and (epoch_ms(accepted_at) < $instant or (epoch_ms(accepted_at) = $instant
    and (shard > $shard or (shard = $shard and position < $position))))
order by accepted_at desc, shard, position desc limit $most`;

/** $names */
export const COUNT_EVENTS = `select count(*)::double as events from record_rows
where kind = (select number from names where text = 'event')
  and event_name in (select number from names where text in (select unnest($names::varchar[])))`;

/** An id of 24 hex digits in the three columns of 8 that rows have. */
export function hexColumns(id: string): string {
  return [1, 9, 17].map((from) => `('0x' || substr(${id}, ${from}, 8))::uinteger`).join(", ");
}

export const SELECT_TOTALS = `select
  count(*)::double as events,
  count(distinct profile)::double as profiles,
  epoch_ms(min(event_at))::double as first_at,
  epoch_ms(max(event_at))::double as last_at
from records where kind = 'event'`;

export const SELECT_EVENT_TOTALS = `select
  event_name as name,
  count(*)::double as events,
  count(distinct profile)::double as profiles
from records where kind = 'event' group by event_name order by count(*) desc, event_name`;

export const SELECT_TRANSITION_TOTALS = `select
  segment,
  count(*) filter (where entered)::double as entered,
  count(*) filter (where not entered)::double as left_count
from records where kind = 'transition' group by segment order by segment`;

export const PEOPLE_TABLE = "people";

export const SELECT_STANDING_PEOPLE = `select profile, words, digits, epoch_ms(heard_at)::double as heard_at
from people where profile in (select unnest($profiles::varchar[]))`;

export const DELETE_PEOPLE = "delete from people where profile in (select unnest($profiles::varchar[]))";

export const DELETE_ALL_PEOPLE = "delete from people";

export const COUNT_PEOPLE = "select count(*)::double as people from people";

/** $w1, $d1 ...: a word behind a space and its digits, as people-words.ts makes them; $limit. */
export function selectPeople(words: number): string {
  const each = Array.from({ length: words }, (_, index) => {
    const n = index + 1;
    return `(contains(words, $w${n}) or ($d${n} <> '' and contains(digits, $d${n})))`;
  });
  return `select profile from people where ${each.join(" and ")}
order by heard_at desc, profile limit $limit::bigint`;
}

/** $shards, $froms, $tos, $digests */
export const INSERT_SEALS = `insert into seals (shard, from_position, to_position, digest)
select unnest($shards::integer[]), unnest($froms::bigint[]), unnest($tos::bigint[]), unnest($digests::varchar[])`;

/** $shard, $after, $limit */
export const SELECT_SEALS = `select from_position::double as from_position, to_position::double as to_position, digest
from seals where shard = $shard::integer and to_position > $after::bigint order by from_position limit $limit::bigint`;

export const SELECT_DOCUMENT = `select key, version::double as version, content
from documents where kind = $kind and key = $key order by version desc limit 1`;

export const SELECT_DOCUMENTS = `select key, version::double as version, content
from documents where kind = $kind order by key desc limit $limit::bigint`;

export const DELETE_DOCUMENT = "delete from documents where kind = $kind and key = $key";

export const INSERT_DOCUMENT = `insert into documents (kind, key, version, content)
values ($kind, $key, $version::bigint, $content::blob)`;

/** $shard */
export const SELECT_SNAPSHOT = "select take, pages, content from snapshots where shard = $shard::integer";

/** $shard, $take, $page, $most: pages from that one on */
export const SELECT_SNAPSHOT_SLICES = `select page, slice, content from snapshot_slices
where shard = $shard::integer and take = $take and page >= $page::integer and page < $page::integer + $most::integer`;

/** $shard, $take, $page: one that was written before there were slices */
export const SELECT_SNAPSHOT_PAGE = `select content from snapshot_pages
where shard = $shard::integer and take = $take and page = $page::integer`;

/** $shard, $take */
export const COUNT_SNAPSHOT_PAGES = `select count(*)::double as pages from snapshot_slices
where shard = $shard::integer and take = $take and slice = 0`;

export const SLICES_TABLE = "snapshot_slices";

/** $shard, $take, $page */
export const DELETE_SNAPSHOT_SLICES = `delete from snapshot_slices
where shard = $shard::integer and take = $take and page = $page::integer`;

/** $shard */
export const DELETE_SNAPSHOT = "delete from snapshots where shard = $shard::integer";

/** $shard, $kept: of all other takes of the shard but the one that was finished last */
export const DELETE_OTHER_PAGES = ["snapshot_slices", "snapshot_pages"].map(
  (table) => `delete from ${table} where shard = $shard::integer and not list_contains($kept::varchar[], take)
  and take not in (select take from snapshots where shard = $shard::integer)`,
);

/** $shard, $take, $pages, $content */
export const INSERT_SNAPSHOT = `insert into snapshots (shard, take, pages, content)
values ($shard::integer, $take, $pages::integer, $content::blob)`;

export const SELECT_DATABASE = "select current_database() as name";

/** What the file is called in statements. */
export const HISTORY = "history";
export const USE_HISTORY = `use ${HISTORY}`;
/** Of DuckDB 1.2, the first that packs texts by zstd; later forms try more ways to pack, at half as much CPU again. */
const STORAGE_VERSION = "v1.2.0";
/** A file that was of an earlier form is of this one from its next checkpoint on. Texts by grammar, as below. */
export const attachDatabase = (path: string, name: string): string =>
  `attach '${path.replaceAll("'", "''")}' as ${name} (row_group_size ${duckdbRowGroupRows}, storage_version '${STORAGE_VERSION}')`;

/** Texts by grammar: a path with its quotes doubled, and names as identifiers. */
export const attachCopy = (path: string): string => attachDatabase(path, "copied");
export const copyInto = (database: string): string =>
  `copy from database "${database.replaceAll('"', '""')}" to copied`;
export const DETACH_COPY = "detach copied";

/**
 * Of $shard up to $upTo, accepted before $acceptedBefore: events of $names that happened before $befores, each of its own, and
 * in whose fields $traits have a value, where one is not empty.
 */
const AGED = `from record_rows
  join names on names.number = record_rows.event_name
  join (select unnest($names) as name, unnest($befores) as happened_before, unnest($traits) as trait) as aged on aged.name = names.text
where shard = $shard::integer and position <= $upTo::bigint and kind in (select number from names where text = 'event')
  and epoch_ms(accepted_at) < $acceptedBefore::bigint and epoch_ms(event_at) < happened_before
  and case when trait = '' then true when body_length = 0 then false else
    coalesce(json_type(decode(bytes[body_at + 1:body_at + body_length]), '/fields/' || trait), 'NULL') <> 'NULL' end`;

export const COUNT_AGED = `select names.text as name, trait, count(*)::double as rows ${AGED}
group by names.text, trait order by names.text, trait`;

/** $limit */
export const DELETE_AGED = `delete from record_rows
where rowid in (select record_rows.rowid ${AGED} limit $limit::bigint)`;

/** $shard, $position */
export const DELETE_REPEATED = `delete from record_rows where rowid in (
  select row from (
    select rowid as row, row_number() over (partition by bytes[1:record_length] order by rowid) as nth
    from record_rows where shard = $shard::integer and position = $position::bigint
  ) where nth > 1)`;

/** $shard, $profiles, $upTos */
export const DELETE_ROWS_OF = `delete from record_rows where rowid in (
  select record_rows.rowid from record_rows join (
    select (${hexColumns("id")}) as id, up_to
    from (select unnest($profiles::varchar[]) as id, unnest($upTos::bigint[]) as up_to)
  ) as gone on gone.id = (profile_1, profile_2, profile_3)
  where shard = $shard::integer and position <= up_to)`;

/** $shard, $kind, $positions, $records */
export const REPLACE_RECORDS = `update record_rows set bytes = fresh.record, record_length = octet_length(fresh.record)
from (select unnest($positions::bigint[]) as at, unnest($records::blob[]) as record) as fresh
where shard = $shard::integer and position = fresh.at and kind in (select number from names where text = $kind)`;

/** $shard, $upTo */
export const DELETE_SEALS = "delete from seals where shard = $shard::integer and to_position <= $upTo::bigint";

export const CHECKPOINT = "checkpoint";
