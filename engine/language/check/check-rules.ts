/**
 * From the text of all rule files to a checked plan, or to every problem there is in them. Pure: the folder is read by
 * rules-folder.ts. The order of things: read each file by its kind, gather the names, then check every file against the
 * names. A file that cannot be read still declares the name it bears, so that one fault is one problem and not fifty. What
 * kinds there are, and what is asked of each, is in rule-kinds.ts.
 */
import { listFileBytesMax, ruleFileBytesMax, rulesMax } from "../../limits-of-rules.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { PlanSource } from "../plan/checked.ts";
import { planFormat } from "../plan/checked.ts";
import { createChecking } from "./checking.ts";
import { SegmentFields } from "./data-use.ts";
import type { Declaration, DeclarationOf } from "../files/rule-declarations.ts";
import type { BrandOfMessages } from "../messages/message-templates.ts";
import { createPlanDraft } from "./plan-draft.ts";
import { createProblemList, type Report, type RuleProblem } from "../source/problem.ts";
import type { NamesDraft, Read, RuleSet } from "./rule-kind.ts";
import { type AnyRuleKind, RULE_KINDS } from "./rule-kinds.ts";
import type { RuleTest } from "../files/rule-test.ts";
import type { RuleFile } from "../source/source.ts";
import { isTemplatePath } from "../templates/template-file.ts";

export interface CheckedRules {
  /** Present when, and only when, there is no problem. */
  readonly plan: PlanSource | undefined;
  readonly problems: readonly RuleProblem[];
  /** What is to be known of rules that are sound. */
  readonly notices: readonly RuleProblem[];
  /** What is expected of the rules; whole only when there is no problem. */
  readonly tests: readonly RuleTest[];
  /** What messages have of brand.yaml. */
  readonly brand: BrandOfMessages;
}

const LINKS = {
  nowhere: {
    message: "this is a link that leads nowhere",
    suggestion: "make the file that it names, or remove the link",
  },
  folder: { message: "this is a link to a folder, which is not followed", suggestion: "link each file of it" },
} as const;

export function checkRules(files: readonly RuleFile[]): CheckedRules {
  const problems = createProblemList();
  const sorted = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => ({ file, report: problems.reportOn(file) }));
  for (const { file, report } of sorted)
    if (file.link !== undefined) report({ code: "broken_link", span: nowhere, ...LINKS[file.link] });
  const declared = sorted
    .filter(({ file }) => !isTemplatePath(file.path) && file.link !== "folder")
    // Of a link that leads nowhere that is said, and not that the file is empty.
    .flatMap(({ file, report }) => readFile(file, file.link === undefined ? report : () => undefined));
  const byKind = new Map(
    RULE_KINDS.map((kind) => {
      const reads = declared.filter(({ declaration }) => declaration.kind === kind.kind);
      return [kind.kind, kind.unique === undefined ? reads : once(reads, kind.unique)] as const;
    }),
  );
  const reads = <Kind extends Declaration["kind"]>(kind: Kind) =>
    (byKind.get(kind) ?? []) as readonly Read<DeclarationOf<Kind>>[];

  const vocabulary: NamesDraft = {
    zone: { brand: "UTC", customer: undefined },
    lists: new Map(),
    places: new Map(),
    fields: new Map(),
    fieldsWhole: true,
    events: new Map(),
    segments: new Map(),
    purposes: new Map(),
    purposesWhole: true,
  };
  for (const kind of RULE_KINDS) kind.declare?.(reads(kind.kind), vocabulary);
  const draft = createPlanDraft({ attributes: [], segments: [] });
  const fieldIndex = new Map([...vocabulary.fields.keys()].map((name, index) => [name, index]));
  const set: RuleSet = {
    vocabulary,
    draft,
    reads,
    templates: sorted.filter(({ file }) => isTemplatePath(file.path) && file.link === undefined),
    segmentFields: new SegmentFields(),
    recommendationFields: new Map(),
    checking({ file, report }, about = {}) {
      const { event, atHand, steps, uses } = about;
      return createChecking({ vocabulary, draft, report, text: file.text, event, atHand, steps, uses, fieldIndex });
    },
  };
  const parts = RULE_KINDS.flatMap((kind) => kind.check?.(reads(kind.kind), set) ?? []);
  const tests = parts.flatMap((part) => part.tests ?? []);
  const [declaredBrand] = reads("brand");
  const { site, languages = [] } = declaredBrand?.declaration ?? {};
  const brand = { site, languages };
  const found = problems.sorted();
  const notices = problems.notices();
  if (found.length > 0) return { plan: undefined, problems: found, notices, tests, brand };
  const empty = { attributes: [], segments: [], contents: [] };
  const { streams, aggregates } = draft;
  const plan: PlanSource = Object.assign(
    { format: planFormat, streams, aggregates, ...empty },
    ...parts.map((part) => part.plan),
  );
  return { plan, problems: found, notices, tests, brand };
}

const nowhere = { start: 0, end: 0 };

function readFile(file: RuleFile, report: Report): readonly Read[] {
  const kind = kindOfPath(file.path);
  if (kind === undefined) {
    reportPlace(file.path, report);
    return [];
  }
  const bytes = Buffer.byteLength(file.text);
  const bytesMax = kind.kind === "list" ? listFileBytesMax : ruleFileBytesMax;
  if (bytes > bytesMax) {
    const message = `a rule file has at most ${bytesMax} bytes, this one has ${bytes}`;
    report({ code: "over_limit", span: nowhere, message, suggestion: "split it in several files" });
    return [];
  }
  const stem = (file.path.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "");
  return [{ file, report, declaration: kind.read(file, stem, report) }];
}

const isFile = (place: string): boolean => place.endsWith(".yaml");

function kindOfPath(path: string): AnyRuleKind | undefined {
  const top = path.split("/")[0] ?? "";
  return RULE_KINDS.find(({ place }) => place === top && isFile(place) !== path.includes("/"));
}

function reportPlace(path: string, report: Report): void {
  const top = path.split("/")[0] ?? "";
  const inFolder = path.includes("/");
  const places = RULE_KINDS.map(({ place }) => (isFile(place) ? place : `${place}/`));
  const near = nearestName(inFolder ? `${top}/` : top, places);
  const message = inFolder ? `\`${top}/\` is not a folder of rules` : "a rule file lies in the folder of its kind";
  const suggestion =
    near === undefined
      ? `rules lie in ${places.map((place) => `\`${place}\``).join(", ")}`
      : `did you mean \`${near}\`?`;
  report({ code: "unknown_folder", span: nowhere, message, suggestion });
}

/** The first of each name, or the first at all; every other is reported. */
function once(reads: readonly Read[], unique: "by name" | "one a brand"): readonly Read[] {
  const firsts = new Map<string, Read>();
  for (const read of reads) {
    const { kind } = read.declaration;
    const { name, span } = nameOf(read.declaration);
    const key = unique === "by name" ? name : "";
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, read);
      continue;
    }
    const [message, suggestion] =
      unique === "by name"
        ? [
            `the ${kind} \`${name}\` is declared in ${first.file.path} already`,
            "give one of them another name, or remove it",
          ]
        : [
            `a brand has one ${kind} rule, and \`${nameOf(first.declaration).name}\` is in ${first.file.path}`,
            "remove one of them",
          ];
    read.report({ code: "duplicate_name", span, message, suggestion });
  }
  const kept = [...firsts.values()];
  const over = kept[rulesMax];
  if (over !== undefined) {
    const message = `a set has at most ${rulesMax} rules of a kind, this one has ${kept.length}`;
    over.report({ code: "over_limit", span: nowhere, message, suggestion: "take out what nothing needs any more" });
  }
  return kept;
}

function nameOf(declaration: Declaration): { readonly name: string; readonly span: typeof nowhere } {
  if (!("name" in declaration)) return { name: "", span: nowhere };
  return typeof declaration.name === "string" ? { name: declaration.name, span: nowhere } : declaration.name;
}
