/**
 * The words of a till, compiled from a plan's templates: what is printed, wrapped to the paper, and what is shown; of the
 * loyalty rule, and of messages that triggers send there.
 */
import { receiptMessagesMax } from "../../limits.ts";
import type { Plan } from "../../model/plan.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import { createMessageRenderer } from "../messages/create-message-renderer.ts";
import { eventInstantsOf, instantsOf } from "../messages/instants-shown.ts";
import type { PlanSource } from "../plan/checked.ts";

/** Empty where the till has none. */
export function createTillWords({
  till,
  attributes,
  triggers = [],
}: PlanSource): Pick<Plan, "tillWords" | "tillMessage"> {
  if (till === undefined) return {};
  const { files, languages, site } = till;
  const renderer = createMessageRenderer({
    files,
    emails: [],
    instants: instantsOf(attributes),
    eventInstants: eventInstantsOf(triggers),
    site: site ?? undefined,
    languages,
  });
  return {
    tillWords(messages, { language, zone, receipt, valuesOf }) {
      const say = (template: string | null, products: readonly RecommendedProduct[] | undefined) => {
        if (template === null) return undefined;
        const values = valuesOf(template);
        return renderer.render({ channel: "loyalty", template, language, zone, values, products, receipt, links: {} });
      };
      const [print, show] = [say(messages.print, messages.printProducts), say(messages.show, messages.showProducts)];
      const printed = print?.is === "rendered" && print.parts.is === "loyalty" ? print.parts.print : [];
      const screen = show?.is === "rendered" && show.parts.is === "loyalty" ? show.parts : undefined;
      return {
        print: printed.slice(0, receiptMessagesMax),
        show: (screen?.show ?? []).slice(0, receiptMessagesMax),
        screen: screen?.screen,
        lacks: print?.is === "unrenderable" || show?.is === "unrenderable",
      };
    },
    tillMessage({ template, event }, { language, zone, valuesOf }) {
      const values = valuesOf(template);
      const said = renderer.render({ channel: "loyalty", template, language, zone, values, event, links: {} });
      if (said.is === "unrenderable") return said;
      if (said.parts.is !== "loyalty") throw new TypeError(`a till is told words, and these are ${said.parts.is}`);
      const { print, show, screen } = said.parts;
      return {
        is: "worded",
        print: print.slice(0, receiptMessagesMax),
        show: show.slice(0, receiptMessagesMax),
        screen: screen === "" ? undefined : screen,
      };
    },
  };
}
