/**
 * The face of the language room: checking rule files, loading what was checked, and explaining it. A plan goes from here to
 * the store as bytes (`encodePlan`), and in each shard worker from bytes to a `Plan` of model/plan.ts (`loadPlan`).
 */
export { checkRules } from "./check/check-rules.ts";
export type { CheckedRules } from "./check/check-rules.ts";
export type { PlanSource } from "./plan/checked.ts";
export { explainRule, printCondition, renderExplanation } from "./explain/explain.ts";
export type { ExplainedRule, Explanation } from "./explain/explain.ts";
export { describeRules } from "./explain/describe-rules.ts";
export type { DescribedRule, RuleReference } from "./explain/describe-rules.ts";
export { printDuration } from "./grammar/duration.ts";
export { focusPlan } from "./plan/focus-plan.ts";
export type { FocusedPlan } from "./plan/focus-plan.ts";
export { loadPlan } from "./compile/load-plan.ts";
export { checkSource } from "./check/check-source.ts";
export type { CheckedSource } from "./check/check-source.ts";
export { decodePlan, digestPlan, encodePlan, PlanBytesError } from "./plan/plan-bytes.ts";
export { RULE_PROBLEMS } from "./source/problem.ts";
export type { RuleProblem, RuleProblemCode } from "./source/problem.ts";
export { renderProblem, renderProblemLine, renderProblems } from "./source/problem-text.ts";
export type { ProblemTextOptions } from "./source/problem-text.ts";
export { choiceText, choiceTexts } from "./plan/choice-texts.ts";
export { messagePlaces } from "./plan/message-places.ts";
export { consentFormOf } from "./plan/consent-form.ts";
export type { AskedPurpose, ConsentForm } from "./plan/consent-form.ts";
export { createRenderer } from "./templates/create-renderer.ts";
export type { ShownValues, TemplateRenderer } from "./templates/create-renderer.ts";
export { createMessageRenderer } from "./messages/create-message-renderer.ts";
export type { MessageRenderer, MessageRequest, RenderedMessage } from "./messages/create-message-renderer.ts";
export type { MessageTemplates } from "./messages/message-templates.ts";
export { countSegments } from "./messages/segments.ts";
export type { SegmentCount } from "./messages/segments.ts";
export { readShown } from "./compile/read-shown.ts";
export { checkBrand, readRules } from "./folder/read-rules.ts";
export type { CheckedBrand, RefusedRules, RulesReading, SoundRules } from "./folder/read-rules.ts";
export type { Expected, RuleTest, TestStep } from "./files/rule-test.ts";
export { ruleSchemas } from "./check/rule-schemas.ts";
export type { RuleSchema } from "./check/rule-schemas.ts";
export { readTitles } from "./explain/rule-titles.ts";
export { readRulesFolder } from "./folder/rules-folder.ts";
export { createRulesThread } from "./folder/rules-thread.ts";
export type { RulesThread, RulesThreadOptions } from "./folder/rules-thread.ts";
export type { RuleFile } from "./source/source.ts";
