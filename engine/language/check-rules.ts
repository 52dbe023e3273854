/**
 * From the text of all rule files to a checked plan, or to every problem there is in them. Pure: the folder is read by
 * rules-folder.ts. The order of things: read each file by its kind, gather the names, order the segments, then check every
 * condition against the names. A file that cannot be read still declares the name it bears, so that one fault is one
 * problem and not fifty.
 */
import { ruleFileBytesMax, rulesMax } from "../limits.ts";
import type { ContentSource, PlanSource, SegmentSource } from "./checked.ts";
import { planFormat } from "./checked.ts";
import { checkLoyalty } from "./check-loyalty.ts";
import { checkTest } from "./check-test.ts";
import { createChecking } from "./checking.ts";
import { FILE_KINDS } from "./files/file-kinds.ts";
import type {
  ContentDeclaration,
  Declaration,
  LoyaltyDeclaration,
  SegmentDeclaration,
} from "./files/rule-declarations.ts";
import { nearestName } from "../model/nearest-name.ts";
import { createPlanDraft, type PlanDraft } from "./plan-draft.ts";
import { createProblemList, type ProblemList, type Report, type RuleProblem } from "./problem.ts";
import { orderSegments } from "./segment-order.ts";
import type { RuleTest } from "./rule-test.ts";
import type { RuleFile } from "./source.ts";
import { attributesOf, type EventEntry, type Vocabulary } from "./vocabulary.ts";
import type { Checking } from "./conditions/kind.ts";
import { checkTemplates } from "./templates/check-templates.ts";
import { isTemplatePath } from "./templates/template-file.ts";

export interface CheckedRules {
  /** Present when, and only when, there is no problem. */
  readonly plan: PlanSource | undefined;
  readonly problems: readonly RuleProblem[];
  /** What is expected of the rules; whole only when there is no problem. */
  readonly tests: readonly RuleTest[];
}

interface Read<D extends Declaration> {
  readonly file: RuleFile;
  readonly declaration: D;
}
type Place = { readonly file: RuleFile; readonly report: Report };

export function checkRules(files: readonly RuleFile[]): CheckedRules {
  const problems = createProblemList();
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const declared = sorted
    .filter(({ path }) => !isTemplatePath(path))
    .flatMap((file) => readFile(file, problems.reportOn(file)));
  const segments = once(declared, isSegment, problems);
  const contents = once(declared, isContent, problems);
  for (const rules of [segments, contents]) limitRules([...rules.values()], problems);
  const order = orderSegments(new Map([...segments].map(([name, { declaration }]) => [name, declaration.when])));
  for (const { names, reference } of order.circles) {
    const file = segments.get(names[0] ?? "")?.file;
    if (file === undefined) continue;
    const message =
      names.length === 2
        ? `\`${names[0]}\` refers to itself`
        : `segments refer to each other in a circle: ${names.join(" -> ")}`;
    problems.reportOn(file)({
      code: "segment_cycle",
      span: reference.span,
      message,
      suggestion: "take one of the references out",
    });
  }
  const vocabulary = gatherNames(declared, problems, order.names, [...segments.keys()]);
  const draft = createPlanDraft({ attributes: [], segments: [] });
  const checkingOf = createCheckings(vocabulary, draft);
  const checkedSegments = order.names.flatMap((name) => checkSegment(segments.get(name), checkingOf, problems));
  // Those in a circle are checked too, for their other problems.
  const inOrder = new Set(order.names);
  for (const [name, read] of segments) if (!inOrder.has(name)) checkSegment(read, checkingOf, problems);
  const contentNames = [...contents.keys()].sort();
  const checkedContents = contentNames.flatMap((name) => checkContent(contents.get(name), checkingOf, problems));
  const shows = checkTemplates(
    sorted.filter(({ path }) => isTemplatePath(path)),
    {
      names: vocabulary,
      contents: [...contents.values()],
      problems,
    },
  );
  const loyalty = only(declared, problems);
  const checkedLoyalty =
    loyalty === undefined
      ? undefined
      : checkLoyalty(loyalty.declaration, { contents, vocabulary, report: problems.reportOn(loyalty.file) });
  const tests = declared.flatMap(({ file, declaration }) => {
    if (declaration.kind !== "test") return [];
    const named = { vocabulary, contents: new Map([...contents].map(([name, read]) => [name, read.declaration])) };
    return [checkTest(declaration, named, { text: file.text, report: problems.reportOn(file) })];
  });
  const found = problems.sorted();
  if (found.length > 0) return { plan: undefined, problems: found, tests };
  const plan: PlanSource = {
    format: planFormat,
    attributes: attributesOf(vocabulary),
    streams: draft.streams,
    aggregates: draft.aggregates,
    segments: checkedSegments,
    contents: checkedContents,
    ...(Object.keys(shows).length > 0 && { shows }),
    ...(checkedLoyalty !== undefined && { loyalty: checkedLoyalty }),
  };
  return { plan, problems: found, tests };
}

function readFile(file: RuleFile, report: Report): readonly Read<Declaration>[] {
  const top = file.path.split("/")[0] ?? "";
  const inFolder = file.path.includes("/");
  const kind = FILE_KINDS.find(({ place }) => place === top && place.endsWith(".yaml") !== inFolder);
  const start = { start: 0, end: 0 };
  if (kind === undefined) {
    const places = FILE_KINDS.map(({ place }) => (place.endsWith(".yaml") ? place : `${place}/`));
    const near = nearestName(inFolder ? `${top}/` : top, places);
    const message = inFolder ? `\`${top}/\` is not a folder of rules` : "a rule file lies in the folder of its kind";
    const suggestion =
      near === undefined
        ? `rules lie in ${places.map((place) => `\`${place}\``).join(", ")}`
        : `did you mean \`${near}\`?`;
    report({ code: "unknown_folder", span: start, message, suggestion });
    return [];
  }
  const bytes = Buffer.byteLength(file.text);
  if (bytes > ruleFileBytesMax) {
    report({
      code: "over_limit",
      span: start,
      message: `a rule file has at most ${ruleFileBytesMax} bytes, this one has ${bytes}`,
    });
    return [];
  }
  const stem = (file.path.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "");
  return [{ file, declaration: kind.read(file, stem, report) }];
}

type Named = SegmentDeclaration | ContentDeclaration;

/** Declarations of one kind by name; a second one of the same name is reported. */
function once<D extends Named>(
  declared: readonly Read<Declaration>[],
  is: (declaration: Declaration) => declaration is D,
  problems: ProblemList,
): ReadonlyMap<string, Read<D>> {
  const byName = new Map<string, Read<D>>();
  for (const { file, declaration } of declared) {
    if (!is(declaration)) continue;
    const { kind, name } = declaration;
    const first = byName.get(name.name)?.file;
    if (first === undefined) byName.set(name.name, { file, declaration });
    else reportTwice({ file, report: problems.reportOn(file) }, name.span, { kind, name: name.name, first });
  }
  return byName;
}

/** A brand has one loyalty rule; of several the others are reported. */
function only(declared: readonly Read<Declaration>[], problems: ProblemList): Read<LoyaltyDeclaration> | undefined {
  const [first, ...others] = declared.flatMap(({ file, declaration }) =>
    declaration.kind === "loyalty" ? [{ file, declaration }] : [],
  );
  for (const { file, declaration } of others)
    problems.reportOn(file)({
      code: "duplicate_name",
      span: declaration.name.span,
      message: `a brand has one loyalty rule, and \`${first?.declaration.name.name}\` is in ${first?.file.path}`,
      suggestion: "remove one of them",
    });
  return first;
}

const isSegment = (declaration: Declaration): declaration is SegmentDeclaration => declaration.kind === "segment";
const isContent = (declaration: Declaration): declaration is ContentDeclaration => declaration.kind === "content";

function reportTwice(
  place: Place,
  span: { start: number; end: number },
  what: { kind: string; name: string; first: RuleFile },
): void {
  const message = `the ${what.kind} \`${what.name}\` is declared in ${what.first.path} already`;
  place.report({ code: "duplicate_name", span, message, suggestion: "give one of them another name, or remove it" });
}

function limitRules(rules: readonly Read<Named>[], problems: ProblemList): void {
  const over = rules[rulesMax];
  if (over === undefined) return;
  const message = `a set has at most ${rulesMax} rules of a kind, this one has ${rules.length}`;
  problems.reportOn(over.file)({ code: "over_limit", span: { start: 0, end: 0 }, message });
}

function gatherNames(
  declared: readonly Read<Declaration>[],
  problems: ProblemList,
  ordered: readonly string[],
  segments: readonly string[],
): Vocabulary {
  const events = new Map<string, EventEntry>();
  const firstFiles = new Map<string, RuleFile>();
  for (const { file, declaration } of declared) {
    if (declaration.kind !== "event") continue;
    const first = firstFiles.get(declaration.name);
    if (first === undefined) {
      events.set(declaration.name, declaration);
      firstFiles.set(declaration.name, file);
    } else {
      reportTwice(
        { file, report: problems.reportOn(file) },
        { start: 0, end: 0 },
        { kind: "event", name: declaration.name, first },
      );
    }
  }
  const fields = declared.find(({ declaration }) => declaration.kind === "fields")?.declaration;
  const indexes = new Map(segments.map((name) => [name, -1]));
  for (const [index, name] of ordered.entries()) indexes.set(name, index);
  return {
    fields: fields?.kind === "fields" ? fields.fields : new Map(),
    fieldsWhole: fields?.kind !== "fields" || fields.whole,
    events,
    segments: indexes,
  };
}

type CheckingOf = (place: Place) => Checking;

function createCheckings(vocabulary: Vocabulary, draft: PlanDraft): CheckingOf {
  const fieldIndex = new Map([...vocabulary.fields.keys()].map((name, index) => [name, index]));
  return ({ file, report }) =>
    createChecking({ vocabulary, draft, report, text: file.text, event: undefined, fieldIndex });
}

function checkSegment(
  read: Read<SegmentDeclaration> | undefined,
  checkingOf: CheckingOf,
  problems: ProblemList,
): readonly SegmentSource[] {
  if (read?.declaration.when === undefined) return [];
  const checking = checkingOf({ file: read.file, report: problems.reportOn(read.file) });
  const when = checking.condition(read.declaration.when);
  return when === undefined ? [] : [{ name: read.declaration.name.name, when }];
}

function checkContent(
  read: Read<ContentDeclaration> | undefined,
  checkingOf: CheckingOf,
  problems: ProblemList,
): readonly ContentSource[] {
  if (read === undefined) return [];
  const { name, choices, otherwise } = read.declaration;
  const checking = checkingOf({ file: read.file, report: problems.reportOn(read.file) });
  const checked = choices.flatMap(({ when, show }) => {
    const condition = when === undefined ? undefined : checking.condition(when);
    return condition === undefined || show === undefined ? [] : [{ when: condition, show }];
  });
  return otherwise === undefined ? [] : [{ name: name.name, choices: checked, otherwise }];
}
