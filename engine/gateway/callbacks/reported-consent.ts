/**
 * What a report of a provider says of consent. STOP is said to a number, and so about everything that comes from it: every
 * purpose is refused by that channel, and so is a complaint. START takes back a STOP and no more: it grants again what was
 * granted when STOP was said, and nothing that the person was never asked. For that a STOP refuses by name, too, what it
 * found granted. Pure.
 */
import { ANY, consentOf } from "../../model/consent.ts";
import type { Consents } from "../../model/consent.ts";
import type { Channel, ReportedOutcome } from "../../model/message.ts";

const STOP = "STOP";
const START = "START";
const COMPLAINT = "complaint";

export interface SaidByReport {
  readonly consent: Readonly<Record<string, "granted" | "refused">>;
  /** Where it was said. */
  readonly source: string;
}

/** undefined: it says nothing, or nothing new. @param purposes of consent.yaml that may come by this channel */
export function consentSaidBy(
  outcome: ReportedOutcome["is"],
  {
    consents,
    channel,
    purposes,
  }: { readonly consents: Consents; readonly channel: Channel; readonly purposes: readonly string[] },
): SaidByReport | undefined {
  const answerTo = (purpose: string) => consentOf({ consents }, purpose, channel);
  switch (outcome) {
    case "unsubscribed":
    case "complained": {
      const open = [...purposes, ANY].filter((purpose) => answerTo(purpose).answer !== "refused");
      if (open.length === 0) return undefined;
      const granted = purposes.filter((purpose) => answerTo(purpose).answer === "granted");
      const names = [ANY, ...granted].map((purpose) => [`${purpose}.${channel}`, "refused"] as const);
      return { consent: Object.fromEntries(names), source: outcome === "complained" ? COMPLAINT : STOP };
    }
    case "resubscribed": {
      const stopped = consents.filter(
        (said) => said.channel === channel && said.purpose !== ANY && said.answer === "refused" && said.source === STOP,
      );
      // What was said since, on the page for instance, stands.
      const back = stopped.filter(({ purpose }) => (answerTo(purpose) as { readonly source?: string }).source === STOP);
      if (back.length === 0) return undefined;
      const names = back.map(({ purpose }) => [`${purpose}.${channel}`, "granted"] as const);
      return { consent: Object.fromEntries(names), source: START };
    }
    case "delivered":
    case "opened":
    case "clicked":
    case "bounced":
    case "replied":
      return undefined;
  }
}
