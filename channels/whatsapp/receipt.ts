/** What Twilio reports of a WhatsApp message: read as well as delivered; and what customers write, which opens 24 hours. Pure. */
export { readTwilioCallback as readWhatsappCallback } from "../twilio/callback.ts";
