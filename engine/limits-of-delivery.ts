/** The bounds of what reaches people outside of the page, unit in their names, each with its reason; else as limits.ts. */

/** Statements on consent that a profile keeps: a dozen purposes by five channels, all answered one by one. */
export const consentsMax = 64;
/** Characters of a purpose's or channel's name in a statement: what the name of a rule may have. */
export const consentNameCharsMax = 100;
/** Characters of where a consent was given, and of the version of its wording. */
export const consentProofCharsMax = 100;
/** Contents that one question may name, and characters of a name: a page has a dozen places. */
export const slotsAskedMax = 100;
export const slotCharsMax = 100;
/** Plans whose reasons are at hand: the one in force, and the one before it, which some nodes still decide by. */
export const reasonsHeldMax = 4;
/** Characters of a flag's key: the name of a rule with what stands before it. */
export const flagKeyCharsMax = 128;
/** Days that the links of a message hold: mail is read late, and a way out is owed for a month at least (CAN-SPAM, 5 a 3). */
export const linkDays = 400;
/** Characters of a signed link: the longest, of a message with a long category, has some 230. */
export const linkCharsMax = 400;
/** Characters of the address that a click leads to: what browsers and mail programs carry. */
export const clickedUrlCharsMax = 2_048;
/** Bytes of what a page's form sends: a hundred answers. */
export const formBytesMax = 32 * 1024;

/**
 * Messages of one person that wait; more are refused as pressure. Of those that have ended: how many of one category and
 * channel (as caps count to triggerCountMax) and in all, and how many of those that never went out, for people to see.
 */
export const waitingMessagesMax = 32;
export const endedPerKindMax = 20;
export const endedSentMax = 128;
export const endedQuietMax = 16;
/** Holdouts that a profile remembers to have come to: a brand has a dozen. */
export const heldExposuresMax = 32;
/** People of a group below which nothing is said of what they spend: a few large orders would decide. */
export const upliftPeopleMin = 30;
/** How long a message waits for a customer to come to a page or a till where its rule says nothing: many come once a month. */
export const visitedExpiresMs = 30 * 24 * 3600 * 1000;
/** Attempts of one message: with the back-off below they reach over a night, 8 hours. */
export const attemptsMax = 10;
/** Most that a setting may ask for: more would go on for days. */
export const attemptsMost = 20;
/** First and longest pause between two attempts; it grows fourfold. After a call that was not made. */
export const retryMsMin = 2_000;
export const retryMsMax = 2 * 3600 * 1000;
export const notCalledAgainMs = 1_000;
/** When a message is looked at again that waits for an operator: a minute or so after sends are started, it goes out. */
export const gateLookAgainMs = 60_000;
/** When an address is looked at again that is being settled with another shard, which takes milliseconds. */
export const addressLookAgainMs = 250;
/** From the gates to the call: beyond it a consent that was refused meanwhile would not be heeded. */
export const gatesToCallMsMax = 1_000;
/** What is left of an attempt that nobody answers for: longer than any call may take. */
export const attemptUnknownMs = 120_000;
/** How long ago an opened message still tells which channel somebody reads, and how many unopened ones tell that they do not. */
export const engagedMs = 90 * 24 * 3600 * 1000;
export const ignoredMin = 3;
/** Calls of one channel at a time, and longest that one may take, where nothing else is said; how often the desk is looked at. */
export const channelConcurrency = 32;
export const callMsMax = 20_000;
export const deskStatusMs = 1_000;
/** Bytes of the file of recorded messages, of which there are two: some 50,000 messages. */
export const recordedBytesMax = 64 * 1024 * 1024;
/** How long a shard that is handed over waits for calls that are under way, and how often it looks whether they have ended. */
export const callsEndMsMax = 3_000;
export const callsLookMs = 20;
/** Outcomes that are read at a time for those that have come to nothing, and that are looked through in all. */
export const outboxReadMax = 10_000;
export const outboxLookedMax = 1_000_000;
/** How many of these are told at once: where nothing else is asked, and at the most. */
export const outboxShown = 200;
export const outboxShownMax = 1_000;
/** Readings of these that wait for who wants the next page, and for how long: each may hold a million ids, some 100 MB. */
export const outboxReadingsMax = 2;
export const outboxReadingMsMax = 60_000;
/** How long a place is kept for who was granted it; an owner comes within a turn and an append. */
export const grantMsMax = 5_000;
/** What an adapter has to end a call in that has taken too long. */
export const callGraceMs = 2_000;
/** Calls in a row that did not get through, and the pauses of a channel after them: twice as long each time. */
export const breakerFailures = 5;
export const breakerMsMin = 5_000;
export const breakerMsMax = 5 * 60_000;
/** Longest pause that a provider is granted for having been sent too much. */
export const throttleMsMax = 15 * 60_000;
/** Messages of one shard that are offered and wait for a free place at their channel; more sleep on for a while. */
export const offeredMax = 512;
export const offerAgainMs = 20_000;
