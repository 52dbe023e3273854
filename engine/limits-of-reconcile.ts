/** The bounds of the nightly reconciliation, unit in their names, each with its reason; else as limits.ts. */

/**
 * Profiles folded in memory at once, 13 KB each where somebody has said fifty things: 50 MB. A shard that has more is gone
 * through by ranges of slots. Of a million people 25,000 at once took twice the memory and some more time, as a large heap is
 * walked again and again.
 */
export const foldedPeopleMax = 4_000;
/** Where rows cannot be put away, and each part reads all of them: fewer and larger parts, 1.3 GB of such people. */
export const unspilledPeopleMax = 100_000;
/** What is left of a disk whatever is put away: half an hour of a busy shop's journals, until somebody has seen to it. */
export const spillLeavesBytes = 1024 * 1024 * 1024;
/** After so many more bytes it is looked again what is left. */
export const spillLookBytes = 64 * 1024 * 1024;
/** Bytes of one part's rows that are put away, and read again, at once: of 64 parts 16 MB. */
export const spilledChunkBytes = 256 * 1024;
/** Threads that go through shards side by side, in a night and in a rebuild: each holds so many profiles. */
export const shardThreads = 2;
/** Young generation of such a thread's heap: what a page of records is read into dies young; at 48 MB a good part of a night was moving it. */
export const shardThreadYoungMb = 192;
/** Records and people to go through, from which on the others are started: a start costs as much as folding these. */
export const threadsWorkMin = 200_000;
/** Bytes of a snapshot's page: one transaction, some ten milliseconds to write, of which a commit is the half. */
export const snapshotPageBytesMax = 1024 * 1024;
/** A snapshot is taken anew when so much has come since, for each profile it has: fewer records are as soon folded. */
export const snapshotAgainRecords = 0.05;
/** Rows of events that are too old which go in one transaction: a second of PostgreSQL. */
export const agedBatchRowsMax = 50_000;
/** Since it was accepted every row is kept so long, whatever a rule file says: a store that went back in time is filled from them. */
export const keptMsMin = 7 * 86_400_000;
/** Of a backup's path: what Linux takes. */
export const backupPathCharsMax = 4_096;
/** Nights in a row that begin with snapshots; the next one reads all records, so that an old row that was altered is found. */
export const nightsFromSnapshotsMax = 27;
/**
 * Nights in a row in which something differs, and what is too old stays for whoever looks into it. Then it goes all the same:
 * what was promised to whom it is about comes first.
 */
export const withheldNightsMax = 7;
/** Profiles and cells of one read of the live store: a few milliseconds of Redis. */
export const comparedPageMax = 500;
/** Profiles more that are read of a band than the one before had. */
export const scannedMoreMin = 8;
/** Differences that a report names one by one; all are counted. */
export const driftsToldMax = 200;
/** Differences of a part of a shard that are looked at in full, and put right, at once: 100 MB of rows. */
export const closelyAtOnce = 20_000;
/** Characters of a value in a report. */
export const driftTextCharsMax = 400;
/** Records named behind a difference. */
export const driftRecordsMax = 5;
/** How long history may take to come as far as the live store was found to be. */
export const historyReachMsMax = 60_000;
/** Until it is looked again whether somebody else has done what is waited for, at first and at last. */
export const lookMsMin = 10;
export const lookMsMax = 250;
/** How long a checkpoint may take to hold what was repaired. */
export const repairSettleMsMax = 90_000;
/** Times that a repair is tried anew, where a person goes on meanwhile. */
export const repairTriesMax = 3;
/** Age of a message between shards, by the shard's time, from which on its answer is missed. */
export const messageAnswerMsMax = 10 * 60_000;
/** How often who reconciles says so, and how long it may be silent until another takes its place. */
export const dutyRenewMs = 2_000;
export const dutyStillMs = 12_000;
/** Emptied people whose rows go in one transaction: in PostgreSQL each takes a look at all rows of the shard. */
export const emptiedAtOnce = 10_000;
/** Idle people whom an owner empties in one go: a millisecond or two. */
export const idlePeopleAtOnce = 100;
/** How often the owner of a shard is told what has to go, and how long is waited in between. */
export const ownerToldTriesMax = 3;
export const ownerToldAgainMs = 2_000;
/** People of whose events history is asked in one go, which reads all of it: some 10 MB of names. */
export const idlePeopleSoughtAtOnce = 50_000;
/** People of whom an owner clears values in one go: their whole rows are recorded, a few milliseconds. */
export const agedPeopleAtOnce = 50;
/** Customers to whom their scores are brought at once: events go beside them. */
export const rfmInFlightMax = 64;
/**
 * How far the clock that a profile was last looked at by may be ahead of ours: it was set back meanwhile, or was another
 * node's. What turns within it is not missed.
 */
export const wakeUpClockMsMax = 3_600_000;
/** From when on a wake-up that is due, and that the store does not tell, was lost: one in the midst of being written is younger. */
export const overdueWakeUpMsMin = 10 * 60_000;
/** Until one is asked again whose shard could not answer. */
export const rfmBusyMs = 250;
/** Nights that are kept to be looked at. */
export const nightsKeptMax = 90;
/** A night that another node has ended so lately is not done once more. */
export const nightAgainMsMin = 3_600_000;
/** How long an owner may take to store what has changed, before what is stored is looked at as it is. */
export const checkpointWaitMsMax = 15_000;
/** Records of a shard that are folded in one go when it is rebuilt: of 4,000 people who have said fifty things each. */
export const foldedRecordsMax = 200_000;
/** The same, where rows cannot be put away. */
export const unspilledRecordsMax = 2_000_000;
/** Profiles, and cells, of one write of a rebuild: a megabyte. */
export const rebuildPieceMax = 500;
/** Records of one batch that a rebuild appends. */
export const rebuildBatchRecordsMax = 200;
/** How long a band of a shard is filled beside events until these go first. */
export const fillSliceMs = 2;
/** Until history is asked again for what a shard is to be filled with, or the store whether it is whole. */
export const fillAgainMs = 500;
/** Bands of a shard that are filled side by side: while one is read, others are put. */
export const fillBandsAtOnce = 8;
/** Bands of all shards of a thread that are open at once, where many are asked for: some MB each of a large brand. */
export const fillBandsOpenMax = 32;
/** Until what only a person can mend is looked at again. */
export const setupAgainMs = 10_000;
