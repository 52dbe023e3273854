/** The bounds of what marketers write, unit in their names, each with its reason; else as limits.ts. */

/** Characters of one condition line: a page of prose, far beyond what anyone can read. */
export const conditionCharsMax = 1_000;
/** A problem's reason, and its suggestion: more than anything of ours needs, and a screen's worth of what is quoted. */
export const problemCharsMax = 400;
/** Work on a new plan between two looks at what has come: a tenth of what an event may be delayed by it. */
export const planSliceMs = 0.5;
/** Times that a new plan's code is run before it decides: V8 has optimised it by then. */
export const rehearsalRuns = 1_500;
/** Profiles that it is tried on: enough for what rules read to be as various as it is. */
export const rehearsalProfilesMax = 64;
/** Single conditions in one rule: bounds the size of generated functions. */
export const conditionsPerRuleMax = 200;
/** Nesting of a rule's conditions, parentheses included: bounds the recursion of every reader of the tree. */
export const conditionDepthMax = 24;
/** Segments, and contents, in one set; the compiled set of 1,000 is what the bench measures. */
export const rulesMax = 10_000;
/** Bonuses of the loyalty rule: all their conditions are asked of every sale. */
export const bonusesMax = 100;
/** Members of one list: their digests are part of the plan, 20 bytes each. */
export const listMembersMax = 50_000;
/** Bytes of a file of a list: its members with room to spare. */
export const listFileBytesMax = 4 * 1024 * 1024;
/** Places of a brand: the stores of the largest. */
export const placesMax = 10_000;
/** Bytes of one rule file; the largest sensible one has a few KB. */
export const ruleFileBytesMax = 256 * 1024;
/** Longest window or age that a rule may name: twenty years, longer than any shop's record. */
export const ruleDurationMsMax = 20 * 365 * 24 * 3600 * 1000;
/** Plans that are listed. */
export const steeringPlansMax = 100;
/** How often the rules folder is compared with what was read, as not all file systems tell. */
export const rulesPollMs = 2_000;
/** After an event of the rules folder: an editor's save is over by then. */
export const rulesSettleMs = 100;
/** Until a plan is put once more into a store that was away. */
export const deployAgainMs = 2_000;
/** Plans that a worker keeps loaded: the one that decides, and some that journals and rows of before name. */
export const plansShelvedMax = 8;
