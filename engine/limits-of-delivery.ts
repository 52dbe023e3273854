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
