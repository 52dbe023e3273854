/** Links in messages, for who sends them: the part of the gateway that other rooms make use of. */
export { createLinkMaker } from "./links/message-links.ts";
export type { LinkedMessage, LinkMaker } from "./links/message-links.ts";
export { withTracking } from "./links/tracked-html.ts";
