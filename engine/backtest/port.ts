/** The face of the backtest room: today's rules over the past. */
export { runRuleTests } from "./judge-rules.ts";
export type { JudgedRules, RuleTestResult, RulesQuestion } from "./judge-rules.ts";
export type { Expectation } from "./run-rule-test.ts";
export { latestEvent } from "./latest-event.ts";
export { profileAsOf } from "./profile-as-of.ts";
export type { PastPerson } from "./profile-as-of.ts";
export type { Dispatched } from "./dispatch-in-time.ts";
export { PersonInTime } from "./person-in-time.ts";
export type { RfmReport } from "./rfm-job.ts";
export { segmentsAsOf } from "./segments-as-of.ts";
export type { SegmentSizes } from "./segments-as-of.ts";
export { tryRule } from "./try-rule.ts";
export type { TriedDay, TriedRule, TryProgress, TryReport, TrySpan } from "./try-rule.ts";
export { UPLIFT, upliftOf } from "./uplift.ts";
export type { Uplift, UpliftQuestion } from "./uplift.ts";
export type { RuleToTry } from "./past-messages.ts";
