/** The bounds of the drain and of histories, unit in their names, each with its reason; else as limits.ts. */

/** Longest that a drained record waits for its transaction. */
export const drainPeriodMs = 1_000;
/**
 * Rows of one row group of DuckDB, a multiple of 2,048. A transaction of at least as many is packed and written where it
 * stays, once; a smaller one goes through the log, and costs half as much again.
 */
export const duckdbRowGroupRows = 8_192;
/**
 * Rows in one history transaction: large enough that a commit costs little a row, small enough to be repeated in full. Whole
 * row groups, so that none is left half empty where much is to be drained.
 */
export const drainRowsMax = 2 * duckdbRowGroupRows;
/** Journal bytes read of one shard for one history transaction; bounds the drainer's memory at shards times this. */
export const drainReadBytesMax = 4 * 1024 * 1024;
/** Longest wait between two tries on a history that is away: its lag grows meanwhile, and is reported. */
export const drainRetryMsMax = 30_000;
/** Rows of one answer of `History.records`: an embedded history of 50,000,000 looks at each of its 6,000 groups for one. */
export const historyRecordsMax = 16_384;
/** Seals that a reader of a shard's records asks for at once: of a quiet shard one a second in which anything happened. */
export const sealsAtOnce = 10_000;
/** Rows that a reader of a shard's records begins with, 64 MB were all as large as can be; it asks by bytes from then on. */
export const historyRecordsFirst = 2_000;
/** Rows that it asks for however large they are: 2 MB of the largest events. */
export const historyRecordsMin = 64;
/** Bytes of records that it asks for at once, by what those before had. */
export const historyPageBytes = 4 * 1024 * 1024;
/** Pages of a snapshot that are read of DuckDB at once: 8 MB at most. */
export const snapshotPagesAhead = 8;
/** Bytes of pages that are held as they were read ahead: of each of sixteen shards that are filled side by side what is read at once. */
export const snapshotAheadBytesMax = 32 * 1024 * 1024;
/** Connections of one engine to PostgreSQL: one drains, the others read. */
export const postgresConnectionsMax = 4;
/** Until a connection to PostgreSQL is given up as away. */
export const postgresConnectTimeoutMs = 10_000;
/**
 * Until the system asks a PostgreSQL that says nothing whether it is still there, which it does for another ten seconds. Two
 * hours by default: for so long a network that has lost us would hold up what has no time limit of its own, a migration say.
 */
export const postgresKeepAliveMs = 10_000;
/** A connection that died inside a transaction holds a watermark's lock for at most this long. */
export const postgresIdleMsMax = 60_000;
/** Until a PostgreSQL that takes no transaction of a drain, of some tenths of a second, is taken to be silent. */
export const postgresSilentMsMax = 30_000;
/** How long a closing engine waits for a PostgreSQL that does not answer: what was not committed is drained again. */
export const postgresCloseMsMax = 5_000;
/** Moments remembered of a journal that is behind, to tell its lag. */
export const drainLagMarksMax = 64;
/** Records that history may owe a node's journals until events are slowed, if no setting says so: 600 MB. */
export const historyBehindRecordsUsual = 2_000_000;
/** Events a second that a gateway takes past that bound: a small shop's traffic, and two hours until usual journals have doubled. */
export const laggingEventsASecondMax = 100;
/** Young generation of the drainer's heap: the rows of a transaction die young, instead of being moved once a second. */
export const drainYoungMb = 96;
/** For how long records must be in no journal until history goes on without them: a takeover is over by then. */
export const drainHoleMsMin = 15_000;
/** Longest that a clean stop waits for history: what is left is drained by the next owner. */
export const drainFlushMsMax = 3_000;
