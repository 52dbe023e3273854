/** All that a renderer of messages is made of: plain JSON, which goes from the thread that reads rules to the one that sends. */
import type { PlanSource } from "../plan/checked.ts";
import type { RuleProblem } from "../source/problem.ts";
import { createProblemList } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";
import { placeOfTemplate } from "../templates/template-file.ts";
import { type CompiledEmail, compileEmails } from "./compile-emails.ts";
import type { EmailCache } from "./email-cache.ts";
import { eventInstantsOf, instantsOf } from "./instants-shown.ts";

export interface MessageTemplates {
  /** Of all channels but the web, as they were read. */
  readonly files: readonly RuleFile[];
  readonly emails: readonly CompiledEmail[];
  /** Fields that hold a moment: shown by the clock of the customer. */
  readonly instants: readonly string[];
  /** The same of properties of the event, by the template that shows them. */
  readonly eventInstants: Readonly<Record<string, readonly string[]>>;
  /** Where the brand's pages are; undefined: addresses are written in full. */
  readonly site: string | undefined;
  /** The brand's own first; empty where it names none. */
  readonly languages: readonly string[];
}

export interface BrandOfMessages {
  readonly site: string | undefined;
  readonly languages: readonly string[];
}

/** @param files of a brand in which the checker has found nothing */
export async function readMessageTemplates(
  files: readonly RuleFile[],
  { site, languages, attributes, triggers = [] }: BrandOfMessages & Pick<PlanSource, "attributes" | "triggers">,
  cache?: EmailCache,
): Promise<{ readonly templates: MessageTemplates; readonly problems: readonly RuleProblem[] }> {
  const problems = createProblemList();
  const own = files.filter(({ path }) => (placeOfTemplate(path)?.channel ?? "web") !== "web");
  const emails = await compileEmails(
    own.map((file) => ({ file, report: problems.reportOn(file) })),
    cache,
  );
  const moments = { instants: instantsOf(attributes), eventInstants: eventInstantsOf(triggers) };
  return { templates: { files: own, emails, ...moments, site, languages }, problems: problems.sorted() };
}
