/** Every bound of the engine, unit in its name, with its reason. */

/** Longest HTTP body: Segment's own limit for a batch. */
export const bodyBytesMax = 500 * 1024;
/** Longest single event: Segment's own limit. */
export const eventBytesMax = 32 * 1024;
/** Deepest JSON accepted: far beyond any real event, far below what hurts a recursive reader. */
export const jsonDepthMax = 32;
/** Events in one batch; more are refused whole, as nothing in the wild sends them. */
export const batchEventsMax = 2500;
/** Characters of an identifier's value: the longest legal e-mail address has 254. */
export const identifierCharsMax = 256;
/** Characters of a messageId; UUIDs have 36, Segment's clients up to 100. */
export const messageIdCharsMax = 256;
/** How long a profile remembers the ids it has applied. */
export const duplicateHorizonMs = 7 * 24 * 3600 * 1000;
/** Ids remembered per profile; beyond it the oldest go and the profile's horizon is shortened to match. */
export const duplicateIdsMax = 4096;
/** Contributions a stream keeps exactly; older ones are folded to days (error: at most one day at a window's edge). */
export const streamEntriesMax = 1024;
/** Steps of a sequence, more being a story that nobody reads; how long `days of` without a window tells days apart. */
export const sequenceStepsMax = 5;
export const daysToldMsMax = 2 * 365 * 24 * 3600 * 1000;
/** Texts that a stream keeps for `first of` and `last of`, the newest and the first; characters of each, the rest is cut. */
export const streamTextsMax = 64;
export const streamTextCharsMax = 256;
/** Characters of a text attribute that are kept: more is prose, which no rule compares. */
export const attributeCharsMax = 1024;
/** Texts of a list attribute that are kept. */
export const attributeListMax = 64;
/** Largest number that a rule can sum: 10^11 units in 1/10,000 stays below 2^53 for thousands of terms. */
export const summableMax = 1e11;
/** Records of a shard that are not stored yet: what a recovery has to replay at most, roughly. */
export const checkpointRecordsMax = 50_000;
/** How long an answer that takes its time may be without a word: who asks gives it up after five minutes of silence. */
export const streamedAliveMs = 15_000;
/**
 * How long a changed profile waits for its checkpoint while records are far from their limit: changes gather, and a recovery
 * replays what came meanwhile. With 30 s an event took as much of the processor.
 */
export const checkpointWaitMs = 10_000;
/** Pieces are begun this often, so that none stands in the way of many events. */
export const checkpointPauseMs = 20;
/** Longest that pieces are made at one time: a fifth of the pauses between. */
export const checkpointSliceMs = 4;
/** Unanswered requests a worker holds; beyond it, busy. At 50,000 events/s this is a quarter of a second. */
export const workerQueueMax = 16_384;
/** Of these a shard that waits for history: 64 shards, all waiting, hold no more than the worker may. */
export const fetchingQueueMax = 256;
/** Events in one turn: keeps a turn's answers within a few ms. */
export const turnEventsMax = 512;
/**
 * Under load a worker's turns begin no closer to each other: each costs some 200 us of messages between threads, an append and
 * a write a socket. Side by side at 17,000 events a second on two cores an event took 62 us of the processor so in place of 72
 * and waited 2 ms more in the median; at 21,000 p99 was 103 ms in place of 149.
 */
export const turnPaceMs = 2;
/** Load is where a turn had so many: there, from some 10,000 a second on, and until there were fewer than 4,000. */
export const turnPacedEventsMin = 8;
/** While an append is on its way: events worth a turn of their own, and records (some MB) that may wait for its return. */
export const turnAheadEventsMin = 128;
export const aheadRecordsMax = 8_192;
/** A lease not renewed for this long may be taken, by the candidate's own monotonic clock. */
export const leaseStillMs = 5_000;
/** Renewal period; five fit into leaseStillMs. */
export const leaseRenewMs = 1_000;
/** An owner reads and pushes only within this of having sent its last successful renewal. */
export const leaseReadMs = 4_000;
/** A node whose wall clock is further than this from the store's claims nothing. */
export const clockSkewMsMax = 2_000;
/** How far a store's time may be ahead of the clock before it is told of, and before no engine starts on it. */
export const clockBackMsMax = 60_000;
export const storeAheadMsMax = 86_400_000;
/** Shards of one store: a power of two; beyond 64 a node spends more on leases and checkpoints than on events. */
export const shardsMax = 64;
/** Worker threads of one node: never more than shards, as each shard has one. */
export const workersMax = 64;
/** Smallest profile cache of a node, MB: below it a worker evicts what the next batch needs. */
export const cacheMbMin = 16;
/** Largest profile cache of a node, MB: 1 TB, beyond any machine this is run on. */
export const cacheMbMax = 1_048_576;
/**
 * Open profiles of a worker, others are rows: some 8,000. V8 marks four times as many for so long that visits took a ninth
 * more of the processor.
 */
export const openBytesKept = 16 * 1024 * 1024;
/** Fewest characters of a key or secret that a person chooses: too many to be guessed over a network. */
export const secretCharsMin = 16;
/** Most characters of a key or secret: they travel in headers. */
export const secretCharsMax = 256;
/** Former signing secrets still honoured: each costs a failed token one more digest. */
export const oldSecretsMax = 8;
/** Keys of one install; each is looked up in memory. */
export const keysMax = 1_000;
/** Origins of one list. */
export const originsMax = 1_000;
/** Messages to other shards in one epoch; a shard that comes near is claimed anew. Leaves 2^31 epochs below 2^53. */
export const COUNTERS_PER_EPOCH = 2 ** 22;
/** Bytes of acknowledged batches an owner keeps per shard, to append again to a store that went back in time. */
export const retainedBytesMax = 4 * 1024 * 1024;
/** An unanswered message to another shard is sent again after this. */
export const peerResendMs = 1_000;
/** First and longest pause between tries of a write that the store did not take. */
export const storeRetryMsMin = 20;
export const storeRetryMsMax = 1_000;
/** Open profiles in one piece of a checkpoint, written within half a millisecond between two turns; rows are copied. */
export const checkpointOpenMax = 32;
/** How long a shard that is handed over stores what is not, the end of its calls included: the next owner folds it as fast. */
export const handOverMsMax = 3_000;
/** Marks of gathered pasts that a profile keeps: of so many rules, one after the other, one that comes again is known. */
export const backfillMarksMax = 64;
/** Cells in one piece of a checkpoint. */
export const checkpointCellsMax = 2_048;
/** Wake-ups are brought into memory this far ahead. */
export const wakeUpHorizonMs = 60_000;
/** Wake-ups worked off in one turn of a worker, so that many at one midnight do not delay events. */
export const wakeUpsPerTurnMax = 64;
/** Profiles looked at in one turn after a new plan. */
export const sweepPerTurnMax = 32;
/** People not stored yet whose wake-ups are looked up at one time: within a millisecond. */
export const wakeUpLooksMax = 512;
/**
 * What a turn does beside events, of all its shards together, wake-ups and new plans, and the rest after it in which events
 * have the thread alone: who comes in between waits no longer than this.
 */
export const besideSliceMs = 2;
export const besideRestMs = 1;
/** Bytes of journal read at once in a recovery. */
export const recoveryReadBytesMax = 4 * 1024 * 1024;
/** What a client is told to wait when a shard is over capacity or between owners. */
export const busyRetryAfterMs = 1_000;
/** How often a journal is trimmed to its two watermarks: each trim reads the checkpoint's. */
export const journalTrimPeriodMs = 5_000;
/** Bytes of records in one block of `History.events`: a read holds a few, and a message costs little beside one. */
export const eventBlockBytesMax = 512 * 1024;
/** People whom a tried rule names: enough to look at a few. */
export const triedPeopleMax = 20;
/** People whose past is handed on together, while a new plan is filled from history. */
export const backfillBatchPeople = 256;
/** Of these at most so many are with the shards at once: events go beside them. */
export const backfillInFlightMax = 64;
/** How often it is looked whether a plan lacks anything, and whether history has come far enough to gather it. */
export const backfillLookMs = 1_000;
/** Over how many days a rule is tried: five years, a figure a day. */
export const tryDaysMax = 1_830;
/** Rule files that may come with a rule to be tried, and the bytes of all of them. */
export const triedFilesMax = 4_000;
export const triedBodyBytesMax = 8 * 1024 * 1024;
/** Longest that an engine checks and tests rule files which it was asked about: seconds, and minutes where the cores are full. */
export const judgeMsMax = 180_000;
/** Rows that are fetched of PostgreSQL at a time for such a block. */
export const eventFetchRowsMax = 4_000;
/** Memory that DuckDB may use, and takes in the end: a few row groups (50 MB each) and what `vif report` aggregates. */
export const duckdbMemoryMbMax = 192;
/** Names of which the embedded history's writer remembers the numbers, before it looks them up again: a brand has hundreds. */
export const knownNamesMax = 16_384;
/** Texts that the drain knows by their bytes; one that misses is decoded. */
export const knownTextsMax = 1_024;
/** Write-ahead log at which DuckDB checkpoints: at 16 MB it spends half its time on it, beyond 64 opening is slow. */
export const duckdbCheckpointMb = 64;
/** Characters of a wire event name; Segment's tracking plans stop far below. */
export const eventNameCharsMax = 256;
/** A sender's clock further off than this is broken, not slow: its events would count on the wrong day. */
export const clockFarOffMsMax = 24 * 3600 * 1000;
/** Unanswered events of one socket: a full batch and three turns' worth besides. */
export const socketInFlightMax = 4096;
/** Open sockets of a gateway: at 10 KB each, half a gigabyte. */
export const socketsMax = 50_000;
/** People that one socket may watch: a till or a server watches those in front of it. */
export const socketWatchesMax = 1_000;
/** Unanswered events of a gateway: two workers' queues; beyond it new ones are answered `busy` at once. */
export const gatewayInFlightMax = 32_768;
/** Of these, what browser keys may take: a flood of browsers leaves a quarter to tills and servers. */
export const browserInFlightMax = 24_576;
/** Largest frame a socket may send: two full batches; a larger one cannot be answered and closes the socket. */
export const frameBytesMax = 2 * bodyBytesMax;
/** Bytes waiting for a slow reader at which its own events are refused and its pushes held: about 1,000 replies. */
export const socketBufferedBytesPauseMax = 256 * 1024;
/** Bytes waiting at which a slow reader is dropped; 1,000 such sockets take 1 GB. */
export const socketBufferedBytesMax = 1024 * 1024;
/** How long a slow reader may stay paused before it is dropped. */
export const slowReaderMsMax = 10_000;
/** A socket silent for this long, pongs included, is closed; proxies commonly cut at 60 s. */
export const socketIdleSeconds = 50;
/** Characters of a key, a visitor token or an identity token. */
export const tokenCharsMax = 2048;
/** Requests a gateway has in flight or waiting; beyond it, busy. A second of what one gateway can take, and 60 MB of it. */
export const routerRequestsMax = 131_072;
/** Of these, requests of one shard: one that is away leaves room for the others. */
export const routerShardRequestsMax = 32_768;
/** Watches of a gateway: one a socket, and more sockets than one node holds. */
export const routerWatchesMax = 500_000;
/** Longest that a request is without an answer: a dead node's shards are taken over in under 8 s. */
export const routerAnswerMsMax = 12_000;
/** How often the router looks for what is late, and tries shards that had no owner. */
export const routerSweepMs = 100;
/** A watch of somebody unknown is asked for again after this. */
export const routerWatchRetryMs = 5_000;
/** Times that one request follows a redirect: two merges and a switch take four. */
export const routerHopsMax = 12;
/** Entries of the tables of homes learnt (8 MB when full), and of devices in several hands. */
export const routerHintsMax = 65_536;
export const routerSwitchesMax = 4_096;
/** Size of one slab of kept event bodies: a thousand usual events. */
export const routerSlabBytes = 512 * 1024;
/** Messages between shards kept for a shard that has no owner now; their senders repeat what is dropped. */
export const routerPeersMax = 1_024;
/** Firings of one trigger that an `at most` or a cap counts, and that a profile remembers; and those of all of them, 6 KB. */
export const triggerCountMax = 20;
export const heldFiringsMax = 256;
/** How long a message that is not transactional waits for others, where its trigger says nothing, so that priority can mean something. */
export const competesForMs = 60_000;
/** Segments of other plans that a profile remembers, so that it is where it was when one of them comes back. */
export const sleepingSegmentsMax = 64;
/** Bytes that one `ShardState.checkpoint` carries at most, or little more: 1.5 ms of the one thread of a Redis. */
export const checkpointPieceBytesMax = 128 * 1024;
/** Checkpoint bytes that one transaction of the embedded store takes: about 10 ms, so that a lease's renewal waits no longer. */
export const commitStateBytesMax = 2 * checkpointPieceBytesMax;
/** Journal bytes that the embedded store writes at once: about 20 ms of a slow disk. */
export const commitJournalBytesMax = 8 * 1024 * 1024;
/** Zeros written at once behind LMDB's pages: many pages a call, and no memory worth a word. */
export const treeReserveStepBytes = 256 * 1024;
/** Address space mapped for the embedded hot store; costs nothing until used, and grows by itself beyond. */
export const hotStoreMapBytes = 2 ** 38;
/** Longest silence of a Redis connection with an unanswered command before it is given up: well inside leaseReadMs. */
export const storeSilenceMsMax = 2_000;
/** Longest that one call of the Redis store takes, redirections included, before it is `StoreUnavailable`. */
export const storeCallMsMax = 2_500;
/** Longest wait for a replica's confirmation (WAIT) at level `replica`; shorter than storeSilenceMsMax. */
export const storeReplicaMsMax = 1_000;
/** Longest that opening a store waits for its Redis to accept and to have loaded its data. */
export const storeOpenMsMax = 10_000;
/** Longest that it waits for one that takes no connection at all: a few tries, each refused or without an answer. */
export const storeReachMsMax = 2_500;
/** Wake-ups brought into memory at once per shard. */
export const storedWakeUpsMax = 10_000;
/** Bytes that wait on a link before it takes no more: a few milliseconds of a fast network, far less than would swap. */
export const linkBytesMax = 16 * 1024 * 1024;
/** Bytes of one frame to another node at which it goes out, whatever else there is to write: a few ms of a fast network. */
export const linkFrameBytesPreferred = 1024 * 1024;
/** Largest frame taken from another node: many times what one turn writes, one huge profile that moves included. */
export const linkFrameBytesMax = 32 * 1024 * 1024;
/** Connections that have not proved the link secret yet, for at most linkSilenceMsMax each; a proof takes one round trip. */
export const linkGuestsMax = 16;
/** First and longest pause before a link to another node is tried again. */
export const linkRetryMsMin = 50;
export const linkRetryMsMax = 1_000;
/** A link that has said nothing for this long, pings included, is broken: under leaseStillMs, so that no time is lost. */
export const linkSilenceMsMax = 3_000;
/** How often a link is pinged. */
export const linkPingMs = 1_000;
/** How far a proof of the link secret may be off our clock: clocks further apart own nothing anyway. */
export const linkProofMsMax = 30_000;
/** First and longest pause before a worker thread that died is started again. */
export const workerRestartMsMin = 100;
export const workerRestartMsMax = 5_000;
/** Entries of the live feed that a worker passes on a period, for people's eyes; the rest is counted. */
export const feedEntriesMax = 50;
/** How often a worker passes them on: often enough to look like at once; how often figures are told to who watches. */
export const feedPeriodMs = 200;
export const livePeriodMs = 1_000;
/** Characters of an event's fields that the live feed carries: a screenful. */
export const feedFieldsCharsMax = 2_000;
/** Who may watch the live feed of a node at once: a handful of pages and terminals. */
export const liveWatchersMax = 32;
/** Bytes waiting for a slow watcher at which entries pass it by: it is told how many. */
export const liveBufferedBytesMax = 256 * 1024;
/** Events shown behind one value of an explanation, and firings of one person: the newest. */
export const explainedEventsMax = 5;
export const shownFiringsMax = 20;
/** How long a link for logging in may be used, once: a working day. */
export const loginTicketMsMax = 12 * 3600 * 1000;
/** Characters of what is typed to find a person. */
export const searchCharsMax = 200;
/** Searches for people that tills and servers may have under way: each asks history and up to ten shards. */
export const searchesMax = 16;
/** Words of a search for a person that are looked at, and people that it gives: what a till or a page shows at once. */
export const peopleWordsMax = 5;
/** Characters of a word by which a person is found, and of one that is typed: an index takes no more. */
export const peopleTermCharsMax = 64;
/** Words by which one person is found, and phone numbers: those that were said last. */
export const peopleTermsMax = 64;
/** People of whom the drain remembers what it has written, so that who comes back says nothing new: some 10 MB. */
export const peopleKnownMax = 65_536;
/** Records of one step of gathering people anew; drains wait for no longer. */
export const peopleRebuildRecords = 2_000;
export const peopleFoundMax = 10;
/** Links for logging in that wait to be used; beyond it the oldest is void. */
export const loginTicketsMax = 16;
/** How long a page stays logged in without being used. */
export const sessionMsMax = 12 * 3600 * 1000;
/** Pages logged in at once; beyond it the one not used for longest is logged out. */
export const sessionsMax = 256;
/** Wrong tokens and tickets in a minute, of all callers together, after which none is looked at until it is over. */
export const loginFailuresMax = 30;
/** Largest body of a control request: a token or an identifier. */
export const controlBodyBytesMax = 64 * 1024;
/** When a control request that met an absent history may be repeated. */
export const controlRetryAfterSeconds = 5;
/** Event names, and segments, that `vif report` lists without --all: one screen. */
export const reportLinesMax = 20;
/** Cells of a name in a report: the numbers beside it stay in sight on 80 columns. */
export const reportNameCellsMax = 40;
/** How long the `vif` command waits for an answer about one person or rule: a takeover takes 8 s. */
export const askWaitMsMax = 20_000;
/** How long the `vif` command waits for an engine's report: the largest history is counted in minutes. */
export const reportWaitMsMax = 600_000;
/** Columns that a source reads: a receipt and its line have a dozen properties. */
export const sourceColumnsMax = 64;
/** Rows within which the lines of a receipt are looked for before it is taken for complete: a day of a large shop. */
export const sourceRowsWithinMax = 1_000_000;
/** Characters of one row of a file that is replayed, and of the lines that an unclosed quote is looked for in. */
export const rowCharsMax = 256 * 1024;
/** Rows by which the columns of a file of JSON lines are known: a key that appears later is not looked for. */
export const ndjsonSampleRowsMax = 1_000;
/** Rows held at once, where the lines of a receipt may be anywhere in a file: about 2 GB. */
export const replayRowsAnywhereMax = 4_000_000;
/** Receipts that a replay has sent and not heard of: several turns of every shard. */
export const replayInFlightMax = 512;
/** Bytes of them: a second of what an engine takes. */
export const replayInFlightBytesMax = 8 * 1024 * 1024;
/** How often a replay writes down how far it has come; what came after is sent again when it is killed. */
export const replayStateMs = 500;
/** A socket on which a replay hears nothing for this long, pings included, is given up; a replay then waits for an engine. */
export const replaySilenceMsMax = 15_000;
/** How long a replay waits for an engine that has gone: long enough to restart or update it. */
export const replayAwayMsMax = 600_000;
/** Bytes of HTTP bodies that are not whole yet, of a gateway: 200 full batches that come in slowly at once. */
export const heldBodiesBytesMax = 100 * 1024 * 1024;
/** How long a closing gateway waits for answers to what is under way; a supervisor commonly waits 10 s before it kills. */
export const gatewayDrainMsMax = 5_000;
/** Length of a file of the embedded journal: long enough that beginning one is rare, short enough to be read at once. */
export const journalSegmentBytes = 32 * 1024 * 1024;
/** Emptied journal files kept for reuse: writing into blocks that exist is flushed twice as fast. */
export const journalSparesMax = 2;
/** Bytes of a journal file that a reader fetches at once. */
export const journalReadBytes = 256 * 1024;
/** Of these a reader keeps so many for the next shard, 16 MB: what shards have at once in a busy second, and no more of a backlog. */
export const journalWindowsKept = 64;
/** Messages that wait for a merge to be answered, per shard: a merge takes milliseconds, a takeover some seconds. */
export const parkedMax = 4_096;
/** Times that an identifier is claimed again after its holder's winner refused: that merge is answered within a few. */
export const claimsAgainMax = 8;
/** How far back a store that fails over may go: everysec's second, doubled. What was stored longer ago is believed. */
export const storeRewindMsMax = 2_000;
/** Rendered templates that a gateway remembers: a few thousand visitors' names in two languages, some MB. */
export const renderedTextsMax = 10_000;
/** How long a browser keeps what a page may do: one request a visit, and a change is heard within a minute. */
export const pageSettingsSeconds = 60;
/** Low part of an epoch, drawn at random at each claim: a store that went back in time grants no epoch twice. */
export const epochsPerTerm = 4_096;
/** Free space without which the embedded store does not start: its files' first pages, with room to spare. */
export const storeStartBytesMin = 256 * 1024;
/** Young generation of a shard worker's heap: three semi-spaces of 64 MB hold some ten turns. */
export const workerYoungMb = 192;
/** Longest single receipt: 1,500 lines, more than the largest wholesale invoice we have seen (1,114). */
export const receiptBytesMax = 256 * 1024;
/** Lines of one receipt. */
export const receiptLinesMax = 2_000;
/** Receipts in one request; what a till that was offline for a day sends. */
export const receiptsBatchMax = 500;
/** Characters of a receipt's, store's, till's or article's number, and of a line's name or category. */
export const receiptIdCharsMax = 100;
export const receiptTextCharsMax = 500;
/** Largest amount, and quantity, of a receipt: 10^9 units, a large invoice in the smallest of currencies. */
export const receiptAmountMax = 1e9;
/** Points that one receipt can earn where its loyalty rule names no bound: sums of many such are whole numbers still. */
export const receiptPointsMax = 1e9;
/**
 * When the first receipt can have been rung up, 2000-01-02 UTC: a clock that has lost its battery says 1970, 1980 or the
 * first day of 2000, and no till of before then is brought in.
 */
export const receiptTimeMin = Date.UTC(2000, 0, 2);
/** Lines of text that an answer has to print, and to show: a till's printer and screen have no room for more. */
export const receiptMessagesMax = 8;
/** Lines of each that messages of triggers may add to an answer: one or two of them; the next waits for the next receipt. */
export const receiptAddedLinesMax = 8;
/** Characters of the markup of a till's screen: a heading and a few lines; its answers are kept with the customer. */
export const receiptScreenCharsMax = 2_000;
/** How far the time of a till's signature may be from ours: what a clock without NTP drifts in months; replays end there. */
export const tillSkewMsMax = 5 * 60_000;
/** Combinations of all contents' choices that are kept ready; a brand's visitors see some dozens. */
export const decisionListsMax = 4_096;
/** Receipts that a profile keeps the answers and points of: a till repeats within minutes, a return comes within weeks. */
export const heldReceiptsMax = 8;
/** Answers to nobody's receipts that a shard has at hand; history has all. */
export const unclaimedAnswersMax = 2_048;
/** How long after its acceptance a receipt is told from memory: a day less than a profile remembers its ids for. */
export const receiptSeenMsMax = duplicateHorizonMs - 24 * 3600 * 1000;
/** By how much its oldest mark of a receipt is older than that when a shard looks for those that may go; how many at once. */
export const marksSweepMs = 3_600_000;
export const marksAPieceMax = 2_000;
/** How long a till waits for what only history knows. */
export const historyAskMsMax = 3_000;
/** Parsed receipts that a worker keeps between cell and customer: a socket's unanswered ones; about 20 MB. */
export const parsedReceiptsMax = 4_096;
/** How often an owner looks whether history has seen a later claim of its shards: it happens after a store's failover only. */
export const historyLookMs = 10_000;
