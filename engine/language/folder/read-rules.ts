/** Reads and checks a whole brand folder: to the bytes of a plan, or to every problem there is. Changes nothing. */
import type { PlanDigest } from "../../model/ids.ts";
import type { RuleCounts } from "../../model/rule-counts.ts";
import { type CheckedRules, checkRules } from "../check/check-rules.ts";
import { openEmailCache } from "../messages/email-cache.ts";
import { type MessageTemplates, readMessageTemplates } from "../messages/message-templates.ts";
import { digestPlan, encodePlan } from "../plan/plan-bytes.ts";
import type { RuleProblem } from "../source/problem.ts";
import { readRulesFolder } from "./rules-folder.ts";
import type { RuleFile } from "../source/source.ts";
import { isTemplatePath } from "../templates/template-file.ts";

export interface SoundRules extends RuleCounts {
  readonly is: "sound";
  /** What `loadPlan` takes and the store keeps under the digest. */
  readonly bytes: Uint8Array;
  readonly digest: PlanDigest;
  readonly files: number;
  /** What is to be known of them. */
  readonly notices: readonly RuleProblem[];
  /** As they were read: what `createRenderer` takes. */
  readonly templates: readonly RuleFile[];
  /** What `createMessageRenderer` takes. */
  readonly messages: MessageTemplates;
}

export interface RefusedRules {
  readonly is: "refused";
  readonly files: number;
  readonly problems: readonly RuleProblem[];
}

export type RulesReading = SoundRules | RefusedRules;

/**
 * @param cache a file that keeps compiled e-mails; undefined: they are compiled anew
 * @throws SetupError when the folder cannot be read
 */
export async function readRules(folder: string, cache?: string): Promise<RulesReading> {
  const files = await readRulesFolder(folder);
  const { plan, problems, notices, templates, messages } = await checkBrand(files, cache);
  if (plan === undefined || messages === undefined) return { is: "refused", files: files.length, problems };
  const bytes = encodePlan(plan);
  const counts: RuleCounts = {
    segments: plan.segments.length,
    contents: plan.contents.length,
    triggers: plan.triggers?.length ?? 0,
  };
  return {
    is: "sound",
    bytes,
    digest: digestPlan(bytes),
    files: files.length,
    ...counts,
    notices,
    templates,
    messages,
  };
}

export interface CheckedBrand extends CheckedRules {
  /** As they came. */
  readonly templates: readonly RuleFile[];
  /** Present when, and only when, there is no problem in the rules or in these. */
  readonly messages: MessageTemplates | undefined;
}

/**
 * Of all files: the rules, and what their messages are made of.
 * @param cache a file that keeps compiled e-mails; undefined: they are compiled anew
 */
export async function checkBrand(files: readonly RuleFile[], cache?: string): Promise<CheckedBrand> {
  const templates = files.filter(({ path }) => isTemplatePath(path));
  const checked = checkRules(files);
  const { plan, brand } = checked;
  if (plan === undefined) return { ...checked, templates, messages: undefined };
  const kept = cache === undefined ? undefined : await openEmailCache(cache);
  const messages = await readMessageTemplates(templates, { ...plan, ...brand }, kept);
  if (messages.problems.length === 0) return { ...checked, templates, messages: messages.templates };
  return { ...checked, plan: undefined, problems: messages.problems, templates, messages: undefined };
}
