/**
 * The face of the language room: checking rule files, loading what was checked, and explaining it. A plan goes from here to
 * the store as bytes (`encodePlan`), and in each shard worker from bytes to a `Plan` of model/plan.ts (`loadPlan`).
 */
export { checkRules } from "./check-rules.ts";
export type { CheckedRules } from "./check-rules.ts";
export type { PlanSource } from "./checked.ts";
export { explainRule, printCondition, renderExplanation } from "./explain.ts";
export type { ExplainedRule, Explanation } from "./explain.ts";
export { describeRules } from "./describe-rules.ts";
export type { DescribedRule, RuleReference } from "./describe-rules.ts";
export { focusPlan } from "./focus-plan.ts";
export type { FocusedPlan } from "./focus-plan.ts";
export { loadPlan } from "./load-plan.ts";
export { checkSource } from "./check-source.ts";
export type { CheckedSource } from "./check-source.ts";
export { decodePlan, digestPlan, encodePlan, PlanBytesError } from "./plan-bytes.ts";
export { RULE_PROBLEMS } from "./problem.ts";
export type { RuleProblem, RuleProblemCode } from "./problem.ts";
export { renderProblem, renderProblems } from "./problem-text.ts";
export type { ProblemTextOptions } from "./problem-text.ts";
export { choiceTexts } from "./choice-texts.ts";
export { consentFormOf } from "./consent-form.ts";
export type { AskedPurpose, ConsentForm } from "./consent-form.ts";
export { createRenderer } from "./templates/create-renderer.ts";
export type { ShownValues, TemplateRenderer } from "./templates/create-renderer.ts";
export { createMessageRenderer } from "./messages/create-message-renderer.ts";
export type { MessageRenderer, MessageRequest, RenderedMessage } from "./messages/create-message-renderer.ts";
export type { MessageTemplates } from "./messages/message-templates.ts";
export { countSegments } from "./messages/segments.ts";
export type { SegmentCount } from "./messages/segments.ts";
export { readRules } from "./read-rules.ts";
export type { RefusedRules, RulesReading, SoundRules } from "./read-rules.ts";
export type { Expected, RuleTest, TestStep } from "./rule-test.ts";
export { ruleSchemas } from "./rule-schemas.ts";
export type { RuleSchema } from "./rule-schemas.ts";
export { readTitles } from "./rule-titles.ts";
export { readRulesFolder } from "./rules-folder.ts";
export { createRulesThread } from "./rules-thread.ts";
export type { RulesThread, RulesThreadOptions } from "./rules-thread.ts";
export type { RuleFile } from "./source.ts";
