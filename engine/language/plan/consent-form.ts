/** What customers are asked about being written to: the part of a plan that the page shows where they answer. */
import type { Title } from "../files/title.ts";
import { decodePlan } from "./plan-bytes.ts";

export interface ConsentForm {
  /** The brand's name as customers know it. */
  readonly brand: string | undefined;
  /** The purpose by whose consent opens and clicks are counted; undefined: never. */
  readonly tracking: string | undefined;
  /** In the order of their names, that of tracking last. */
  readonly purposes: readonly AskedPurpose[];
}

export interface AskedPurpose {
  readonly name: string;
  readonly title: Title;
  readonly channels: readonly string[];
  /** What holds for those who have said nothing. */
  readonly unasked: "allowed" | "refused";
}

/** Where there is no consent.yaml: `marketing` is what triggers are about that say nothing. */
const MARKETING: AskedPurpose = {
  name: "marketing",
  title: { en: "News and offers", fr: "Nouveautés et offres" },
  channels: ["email", "sms", "whatsapp"],
  unasked: "refused",
};

/** @throws PlanBytesError */
export function consentFormOf(bytes: Uint8Array): ConsentForm {
  const { consent } = decodePlan(bytes);
  if (consent === undefined) return { brand: undefined, tracking: undefined, purposes: [MARKETING] };
  const purposes = Object.entries(consent.purposes).map(
    ([name, { title = {}, channels, unasked }]): AskedPurpose => ({ name, title, channels, unasked }),
  );
  const isTracking = ({ name }: AskedPurpose): number => (name === consent.tracking ? 1 : 0);
  purposes.sort((a, b) => isTracking(a) - isTracking(b) || (a.name < b.name ? -1 : 1));
  return { brand: consent.brand, tracking: consent.tracking, purposes };
}
