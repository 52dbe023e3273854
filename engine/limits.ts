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
/** Largest number that a rule can sum: 10^11 units in 1/10,000 stays below 2^53 for thousands of terms. */
export const summableMax = 1e11;
/** Records of a shard between checkpoints: what a recovery has to replay at most, roughly. */
export const checkpointRecordsMax = 50_000;
/** Longest that a changed profile waits for its checkpoint. */
export const checkpointAgeMsMax = 60_000;
/** Unanswered requests a worker holds; beyond it, busy. At 50,000 events/s this is a quarter of a second. */
export const workerQueueMax = 16_384;
/** Events in one turn: keeps a turn's answers within a few ms. */
export const turnEventsMax = 512;
/** A lease not renewed for this long may be taken, by the candidate's own monotonic clock. */
export const leaseStillMs = 5_000;
/** Renewal period; five fit into leaseStillMs. */
export const leaseRenewMs = 1_000;
/** An owner reads and pushes only within this of having sent its last successful renewal. */
export const leaseReadMs = 4_000;
/** A node whose wall clock is further than this from the store's claims nothing. */
export const clockSkewMsMax = 2_000;
