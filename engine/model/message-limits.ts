/** Bounds of what a message may hold and of how it leaves, unit in the name, each with its reason; all others are in limits.ts. */

/** A text of a profile within a message: the longest real names have some hundred signs; more is not a name. */
export const shownValueCharsMax = 200;
/** Texts of a list of an event's that are kept for its message, the first ones: an order of more is told in its account. */
export const shownListMax = 20;
/** Properties of an event that one template may show: each is kept with every message until it has been sent. */
export const shownPropertiesMax = 12;
/** Segments of a text message, where its template says nothing: each is billed, and more than four is a letter. */
export const smsSegmentsMax = 4;
/** The most that a template may allow: what networks put together again. */
export const smsSegmentsAllowedMax = 10;
/** Columns of a ticket, where its template says nothing: paper of 80 mm. */
export const ticketColumns = 42;
/** Of a provider's answer, what is read: their longest are some KB. */
export const answerBytesMax = 64 * 1024;
/** Of a callback, what is parsed: a bounced message comes back with its headers, or whole. */
export const callbackBytesMax = 1024 * 1024;
