/** The words of a till, compiled from a plan's templates: what is printed, wrapped to the paper, and what is shown. */
import { receiptMessagesMax } from "../../limits.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import type { PutTillIntoWords } from "../../model/till-words.ts";
import { createMessageRenderer } from "../messages/create-message-renderer.ts";
import type { PlanSource } from "../plan/checked.ts";

/** @returns undefined where the till has none */
export function createTillWords({ till, attributes }: PlanSource): PutTillIntoWords | undefined {
  if (till === undefined) return undefined;
  const { files, languages, site } = till;
  const instants = attributes.flatMap(({ name, type }) => (type === "instant" ? [name] : []));
  const renderer = createMessageRenderer({
    files,
    emails: [],
    instants,
    eventInstants: {},
    site: site ?? undefined,
    languages,
  });
  return (messages, { language, zone, receipt, valuesOf }) => {
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
  };
}
