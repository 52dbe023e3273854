/** What Twilio reports of a text message, and what customers answer to it: STOP and START among it. Pure. */
export { readTwilioCallback as readSmsCallback } from "../twilio/callback.ts";
