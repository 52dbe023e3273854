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
