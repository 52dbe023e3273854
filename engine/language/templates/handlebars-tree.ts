/**
 * Handlebars as templates use it, and nothing of it besides: values, words, and a closed set of helpers. The only file that
 * knows the package. A template becomes a small tree of our own, whose every node has its place; what is not on the list
 * (partials, decorators, raw values, paths into parents, unknown helpers) is a fault. Nothing of a template is ever
 * evaluated but this tree's generated form, compiled with `knownHelpersOnly` and without access to prototypes.
 */
import Handlebars from "handlebars";

/** What a value may be shown by, and how many texts may follow it. */
const VALUE_FORMS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  number: [0, 0],
  percent: [0, 0],
  date: [0, 0],
  time: [0, 0],
  money: [1, 1],
  plural: [2, 6],
};
const BLOCKS = new Set(["if", "unless", "each"]);

export type TemplateNode =
  | { readonly is: "content"; readonly text: string; readonly start: number; readonly end: number }
  | {
      readonly is: "value";
      /** As written: `first_name`, or `t.title` for a word, or `this` within `each`. */
      readonly name: string;
      /** `money` of `{{money credit "EUR"}}`; undefined where the value stands alone. */
      readonly form: string | undefined;
      /** `EUR`. */
      readonly texts: readonly string[];
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly is: "block";
      readonly kind: string;
      readonly name: string;
      readonly start: number;
      readonly end: number;
      readonly parts: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

export interface ParsedMarkup {
  readonly nodes: readonly TemplateNode[];
  /** Handlebars' own tree, for `compileMarkup`. */
  readonly program: hbs.AST.Program;
}

export type TreeFault = (
  message: string,
  suggestion: string,
  span: { readonly start: number; readonly end: number },
) => void;

/** @returns undefined when it is not well-formed, which is reported; offsets are into `text` */
export function parseMarkup(text: string, fault: TreeFault): ParsedMarkup | undefined {
  const offsetOf = createOffsets(text);
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(text);
    new WholeNames().accept(program);
  } catch (error) {
    const open = unclosedBlock(text);
    const { message, suggestion, line, column } = explainParseError(error);
    const start = open?.at ?? offsetOf({ line, column });
    if (open === undefined) fault(message, suggestion, { start, end: start + 1 });
    else {
      const end = start + 3 + open.name.length;
      fault(`\`{{#${open.name}}}\` is opened here and never closed`, `write \`{{/${open.name}}}\` at its end`, {
        start,
        end,
      });
    }
    return undefined;
  }
  return { nodes: nodesOf(program, offsetOf, fault), program };
}

/** `event.products.name` is the value `products.name` of `event`, which is flat: names of properties may have dots. */
class WholeNames extends Handlebars.Visitor {
  override PathExpression(path: hbs.AST.PathExpression): void {
    const [first, ...rest] = path.parts;
    if (first === "event" && rest.length > 1) path.parts = [first, rest.join(".")];
  }
}

/** The first block that nothing closes, where all that is closed was opened. */
function unclosedBlock(text: string): { readonly name: string; readonly at: number } | undefined {
  const open: { readonly name: string; readonly at: number }[] = [];
  for (const { 1: sign, 2: name = "", index: at } of text.matchAll(/\{\{([#/])\s*([\w-]+)/g)) {
    if (sign === "#") open.push({ name, at });
    else if (open.pop()?.name !== name) return undefined;
  }
  return open[0];
}

/** Handlebars' own words are for programmers, and its places within the message. */
function explainParseError(error: unknown): {
  readonly message: string;
  readonly suggestion: string;
  readonly line: number;
  readonly column: number;
} {
  const said = error instanceof Error ? error.message : String(error);
  const { lineNumber, column = 0 } = error as { readonly lineNumber?: number; readonly column?: number };
  const line = lineNumber ?? Number(/line (\d+)/.exec(said)?.[1] ?? 1);
  const [, opened, closed] = /^(.*) doesn't match (.*) - \d+:\d+$/s.exec(said) ?? [];
  const message =
    opened === undefined
      ? "a `{{...}}` is not closed, or not well-formed"
      : `\`{{#${opened}}}\` is opened here, and \`{{/${closed}}}\` comes before it is closed`;
  const suggestion = opened === undefined ? "write `{{first_name}}`" : `close \`{{/${opened}}}\` before it`;
  return { message, suggestion, line, column: lineNumber === undefined ? 0 : column };
}

type Offsets = (position: { readonly line: number; readonly column: number }) => number;

function createOffsets(text: string): Offsets {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return ({ line, column }) => (starts[line - 1] ?? text.length) + column;
}

const TEMPLATE_PARTS = "a template has values, {{#if}}, {{#unless}} and {{#each}}";

function nodesOf(program: hbs.AST.Program | undefined, offsetOf: Offsets, fault: TreeFault): readonly TemplateNode[] {
  return (program?.body ?? []).flatMap((statement): readonly TemplateNode[] => {
    const start = offsetOf(statement.loc.start);
    const end = offsetOf(statement.loc.end);
    switch (statement.type) {
      case "ContentStatement":
        return [{ is: "content", text: contentText(statement), start, end }];
      case "CommentStatement":
        return [];
      case "MustacheStatement": {
        const mustache = statement as hbs.AST.MustacheStatement;
        if (!mustache.escaped) {
          fault("`{{{` and `{{&` put a value into the page as it is", "write `{{...}}`", { start, end });
          return [];
        }
        const value = valueOf(mustache, { start, end }, fault);
        return value === undefined ? [] : [{ is: "value", ...value, start, end }];
      }
      case "BlockStatement": {
        const block = statement as hbs.AST.BlockStatement;
        const kind = pathText(block.path) ?? "";
        const name = block.params.length === 1 ? pathText(block.params[0]) : undefined;
        if (!BLOCKS.has(kind) || name === undefined || block.hash !== undefined) {
          const said = `\`{{#${kind}}}\` is not known here`;
          fault(said, "blocks are {{#if FIELD}}, {{#unless FIELD}} and {{#each LIST}}", {
            start,
            end: Math.min(end, start + 3 + kind.length),
          });
          return [];
        }
        const parts = nodesOf(block.program, offsetOf, fault);
        return [{ is: "block", kind, name, start, end, parts, otherwise: nodesOf(block.inverse, offsetOf, fault) }];
      }
      default:
        fault("templates do without this part of Handlebars", TEMPLATE_PARTS, { start, end });
        return [];
    }
  });
}

/** As written; Handlebars itself drops the lines that hold a block's tag only. */
function contentText(statement: hbs.AST.Statement): string {
  return (statement as unknown as { readonly original: string }).original;
}

function valueOf(
  { path, params, hash }: hbs.AST.MustacheStatement,
  span: { readonly start: number; readonly end: number },
  fault: TreeFault,
): { readonly name: string; readonly form: string | undefined; readonly texts: readonly string[] } | undefined {
  const name = pathText(path);
  if (name !== undefined && params.length === 0 && hash === undefined) return { name, form: undefined, texts: [] };
  const [least, most] = VALUE_FORMS[name ?? ""] ?? [1, 0];
  const [first, ...rest] = params;
  const value = pathText(first);
  const texts = rest.flatMap((each) => (each.type === "StringLiteral" ? [(each as hbs.AST.StringLiteral).value] : []));
  const isWhole = texts.length === rest.length && least <= texts.length && texts.length <= most;
  if (isWhole && hash === undefined && value !== undefined) return { name: value, form: name, texts };
  const forms =
    '{{FIELD}}, {{t.WORD}}, {{number FIELD}}, {{percent FIELD}}, {{date FIELD}}, {{time FIELD}}, {{money FIELD "EUR"}} and {{plural FIELD "point" "points"}}';
  fault("this is no form of a value", `values are ${forms}`, span);
  return undefined;
}

/** `a.b` of a plain path; undefined for anything else: parents (`../`), data (`@index`), literals. */
function pathText(node: hbs.AST.Node | undefined): string | undefined {
  if (node?.type !== "PathExpression") return undefined;
  const { data, depth, parts, original } = node as hbs.AST.PathExpression;
  if (data || depth > 0) return undefined;
  return parts.length === 0 && original === "this" ? "this" : parts.join(".");
}

export type Values = Readonly<Record<string, unknown>>;

export interface Compiling {
  /** What stands for a word, `{{t.KEY}}`: markup of its own, whose content is text and not markup. */
  readonly word: (key: string) => ParsedMarkup | undefined;
  readonly forms: Readonly<Record<string, (value: unknown, ...texts: readonly unknown[]) => string>>;
  /** The result is plain text: nothing is escaped. */
  readonly isPlain?: boolean;
}

/** A function from values to markup. Trusts that the tree has been checked. */
export function compileMarkup(
  markup: ParsedMarkup,
  { word, forms, isPlain = false }: Compiling,
): (values: Values) => string {
  const own = Handlebars.create();
  const known = Object.fromEntries(Object.keys(forms).map((name) => [name, true]));
  const program = withWords(markup.program, word, isPlain);
  const render = own.compile<Values>(program, {
    knownHelpersOnly: true,
    noEscape: isPlain,
    knownHelpers: { ...known, if: true, unless: true, each: true },
  });
  const options: Handlebars.RuntimeOptions = {
    helpers: { ...forms },
    allowProtoPropertiesByDefault: false,
    allowProtoMethodsByDefault: false,
  };
  // An object without a prototype, so that there is nothing to reach.
  return (values) => render(Object.assign(Object.create(null) as object, values) as Values, options);
}

/** Handlebars' tree with each word in its place, every character of it but its values escaped. */
function withWords(program: hbs.AST.Program, word: Compiling["word"], isPlain: boolean): hbs.AST.Program {
  const body = program.body.flatMap((statement): hbs.AST.Statement[] => {
    if (statement.type === "MustacheStatement") {
      const name = pathText((statement as hbs.AST.MustacheStatement).path);
      if (name === undefined || !name.startsWith("t.")) return [statement];
      return (word(name.slice(2))?.program.body ?? []).map((part) => {
        if (part.type !== "ContentStatement") return part;
        const value = isPlain ? contentText(part) : Handlebars.escapeExpression(contentText(part));
        return { ...part, value, original: value };
      });
    }
    if (statement.type !== "BlockStatement") return [statement];
    const block = statement as hbs.AST.BlockStatement;
    return [
      {
        ...block,
        program: withWords(block.program, word, isPlain),
        ...(block.inverse === undefined ? {} : { inverse: withWords(block.inverse, word, isPlain) }),
      } as hbs.AST.Statement,
    ];
  });
  return { ...program, body };
}
