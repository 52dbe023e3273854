/**
 * The embedded history's tables, as numbered steps. Never edit one that was released: add the next.
 *
 * Rows are kept in the order of their writing, so positions and instants are clustered and DuckDB's own minima and maxima
 * a row group stand in for indexes and day partitions. No unique index: exactness comes from the watermark, and an index
 * would cost more than the rows.
 */
import type { Migration } from "../migration.ts";
import { hexColumns } from "./statements.ts";

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
      // Texts of which there are few: kinds, event names, sources, segments. Rows name them by number; 0 is none.
      `create table names (
        number integer primary key,
        text varchar not null unique
      )`,
      // No column is ever null, and one is not a number, since so a row is written with one native call; `records` shows
      // columns as what they are. profile_n: 8 of its 24 hex digits each, all 0 for none. entered: 0 none, 1 left, 2
      // entered. bytes: the record's own, then what of its texts can be queried only altered; message_id and body are
      // slices of it, of so many bytes from such an offset.
      `create table record_rows (
        shard integer not null,
        position bigint not null,
        kind integer not null,
        accepted_at timestamp_ms not null,
        epoch bigint not null,
        profile_1 uinteger not null,
        profile_2 uinteger not null,
        profile_3 uinteger not null,
        event_name integer not null,
        event_at timestamp_ms not null,
        source integer not null,
        segment integer not null,
        entered utinyint not null,
        record_length uinteger not null,
        message_id_at uinteger not null,
        message_id_length uinteger not null,
        body_at uinteger not null,
        body_length uinteger not null,
        bytes blob not null
      )`,
      // body is JSON text: body->>'$.fields.total' reads one property.
      `create view records as select
        shard,
        position,
        kinds.text as kind,
        accepted_at,
        epoch,
        case when profile_1 > 0 or profile_2 > 0 or profile_3 > 0
          then printf('%08x%08x%08x', profile_1, profile_2, profile_3) end as profile,
        event_names.text as event_name,
        case when event_name > 0 then event_at end as event_at,
        case when event_name > 0 then decode(bytes[message_id_at + 1:message_id_at + message_id_length]) end as message_id,
        sources.text as source,
        case when event_name > 0 then decode(bytes[body_at + 1:body_at + body_length]) end as body,
        segments.text as segment,
        case entered when 2 then true when 1 then false end as entered,
        bytes[1:record_length] as record
      from record_rows
      left join names as kinds on kinds.number = record_rows.kind
      left join names as event_names on event_names.number = record_rows.event_name
      left join names as sources on sources.number = record_rows.source
      left join names as segments on segments.number = record_rows.segment`,
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
  {
    number: 3,
    name: "merges",
    statements: [
      // Three columns of 8 hex digits a profile, as in record_rows. A merge may stand twice: who asks takes each once.
      `create table merges (
        loser_1 uinteger not null,
        loser_2 uinteger not null,
        loser_3 uinteger not null,
        winner_1 uinteger not null,
        winner_2 uinteger not null,
        winner_3 uinteger not null
      )`,
      // Those that stand in records already, by their JSON text, in which quotes are told as \\x22.
      `insert into merges
      select ${hexColumns("loser")}, ${hexColumns("winner")}
      from (
        select
          regexp_extract(said, 'x22loser.x22:.x22([0-9a-f]{24})', 1) as loser,
          regexp_extract(said, 'x22winner.x22:.x22([0-9a-f]{24})', 1) as winner
        from (select bytes[1:record_length]::varchar as said from record_rows
          where kind = (select number from names where text = 'received'))
        where contains(said, 'x22ask\\x22:\\x22absorb\\x22') and contains(said, 'x22result\\x22:{\\x22is\\x22:\\x22done\\x22')
      )`,
    ],
  },
  {
    number: 4,
    name: "people",
    statements: [
      // One row a profile: words behind a space each, so that one search finds the beginning of any; digits of phones. No
      // index: what is typed begins a word of many, whom a scan of texts finds faster than any index tried (1,000,000
      // people, one core: 8 ms where ten are found early, 90 ms where nobody is; a table of words by their first eight
      // characters 82 to 150 ms, a signature of 128 bits beside each row 57 to 150 ms).
      `create table people (
        profile varchar not null,
        words varchar not null,
        digits varchar not null,
        heard_at timestamp_ms not null
      )`,
    ],
  },
  {
    number: 5,
    name: "seals and documents",
    statements: [
      // A row a drain write: the digest of the records with from_position < position <= to_position.
      `create table seals (
        shard integer not null,
        from_position bigint not null,
        to_position bigint not null,
        digest varchar not null
      )`,
      `create table documents (
        kind varchar not null,
        key varchar not null,
        version bigint not null,
        content blob not null
      )`,
    ],
  },
  {
    number: 6,
    name: "snapshots",
    statements: [
      // One finished head a shard; pages of one that is being taken stand beside those of the finished one.
      `create table snapshots (
        shard integer not null,
        take varchar not null,
        pages integer not null,
        content blob not null
      )`,
      `create table snapshot_pages (
        shard integer not null,
        take varchar not null,
        page integer not null,
        content blob not null
      )`,
    ],
  },
  {
    number: 7,
    name: "what was earned by which rule",
    // JSON: a part a rule, with the lines that it counts; null where all lines earned alike.
    statements: ["alter table receipts add column parts varchar"],
  },
  {
    number: 8,
    name: "pages of snapshots in slices",
    statements: [
      // DuckDB holds 2,048 values of a column at once, to find one of them and to write them: of whole pages half a gigabyte,
      // more than it may use, of slices 8 MB. Pages of before stay where they are until others take their place.
      `create table snapshot_slices (
        shard integer not null,
        take varchar not null,
        page integer not null,
        slice integer not null,
        content blob not null
      )`,
    ],
  },
  {
    number: 9,
    name: "records packed by zstd",
    statements: [
      // Records take two thirds of the room that they take as DuckDB packs them by itself, and less time to pack. A column's
      // packing is told when its table is made; all rows are written anew, once.
      `create table packed_rows (
        shard integer not null,
        position bigint not null,
        kind integer not null,
        accepted_at timestamp_ms not null,
        epoch bigint not null,
        profile_1 uinteger not null,
        profile_2 uinteger not null,
        profile_3 uinteger not null,
        event_name integer not null,
        event_at timestamp_ms not null,
        source integer not null,
        segment integer not null,
        entered utinyint not null,
        record_length uinteger not null,
        message_id_at uinteger not null,
        message_id_length uinteger not null,
        body_at uinteger not null,
        body_length uinteger not null,
        bytes blob not null using compression zstd
      )`,
      "insert into packed_rows select * from record_rows",
      "drop table record_rows",
      "alter table packed_rows rename to record_rows",
    ],
  },
];
