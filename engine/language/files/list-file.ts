/**
 * `lists/*.yaml`, `.txt` or `.csv`: people by any of their identifiers. In text one stands a line, and of a line of CSV the
 * first cell counts; empty lines and those after `#` are passed over. A plan keeps digests of them, never the identifiers.
 */
import { listMembersMax } from "../../limits-of-rules.ts";
import type { IdentifierKind } from "../../model/identifier.ts";
import { parseIdentifier } from "../../model/identifier-rules.ts";
import { memberDigest } from "../plan/member-digest.ts";
import type { Report } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";
import { checkName } from "../check/vocabulary.ts";
import { parseYaml } from "../source/yaml-source.ts";
import { checkRuleName } from "./file-name.ts";
import { listSchema, mappingSchema, nameSchema, noteSchema, textSchema, titleSchema } from "./file-schema.ts";
import { checkTitle, headOf, readMapping, readText } from "./mapping.ts";
import type { FileKind, ListDeclaration } from "./rule-declarations.ts";

const form = { what: "a list", keys: ["list", "title", "note", "members"], required: ["list", "members"] } as const;
const keys = {
  list: nameSchema("The name that rules use; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  members: listSchema(textSchema("An e-mail address, a phone number, a card or a user id."), "Who is on it."),
};

export const listFile: FileKind<ListDeclaration> = {
  kind: "list",
  place: "lists",
  schema: { title: "List", ...mappingSchema(form, keys, "People by any of their identifiers.") },
  read: (file, stem, report) =>
    /\.ya?ml$/.test(file.path) ? readYaml(file, stem, report) : readLines(file, stem, report),
};

const start = { start: 0, end: 0 };

function readYaml(file: RuleFile, stem: string, report: Report): ListDeclaration {
  const yaml = parseYaml(file, report);
  const values = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values;
  const name = readText(values?.get("list"), "the name of a list", report);
  if (name !== undefined && checkName(name, "kebab", report)) checkRuleName(name, stem, report);
  checkTitle(values?.get("title"), report);
  readText(values?.get("note"), "a note", report);
  const members = values?.get("members");
  if (members !== undefined && members.kind !== "list") {
    const message = "`members` is a list, one a line after `- `";
    const suggestion = 'write `members: [marie@example.fr, "+33612345678"]`';
    report({ code: "wrong_shape", span: headOf(members), message, suggestion });
  }
  const parts = members?.kind === "list" ? members.parts : [];
  const written = parts.flatMap((part) => readText(part, "a member", report)?.value ?? []);
  return declare({ name: name?.value ?? stem, span: name?.span ?? start }, written, report);
}

function readLines(file: RuleFile, stem: string, report: Report): ListDeclaration {
  const name = { value: stem.replace(/\.(txt|csv)$/, ""), span: start, offsetAt: () => 0 };
  checkName({ kind: "text", ...name }, "kebab", report);
  const isCsv = file.path.endsWith(".csv");
  const lines = file.text.split(/\r?\n/).map((line) => (isCsv ? (line.split(/[,;\t]/)[0] ?? "") : line));
  const written = lines
    .map((line) => line.trim().replace(/^"(.*)"$/, "$1"))
    .filter((line) => line !== "" && !line.startsWith("#"));
  return declare({ name: name.value, span: start }, written, report);
}

function declare(name: ListDeclaration["name"], written: readonly string[], report: Report): ListDeclaration {
  if (written.length > listMembersMax) {
    const message = `a list has at most ${listMembersMax} members, this one has ${written.length}`;
    report({ code: "over_limit", span: name.span, message, suggestion: "send it as an attribute instead" });
    return { kind: "list", name, members: [] };
  }
  return { kind: "list", name, members: [...new Set(written.flatMap(membersOf))].sort() };
}

/** As whichever kind of identifier it may be: a rule asks for any. */
function membersOf(written: string): readonly string[] {
  const kinds: readonly IdentifierKind[] = written.includes("@")
    ? ["email", "user"]
    : written.startsWith("+")
      ? ["phone"]
      : ["user", "card"];
  return kinds.flatMap((kind) => {
    const identifier = parseIdentifier(kind, written);
    return "problem" in identifier ? [] : [memberDigest(identifier.value)];
  });
}
