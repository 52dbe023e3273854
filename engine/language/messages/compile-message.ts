/** One template in one language as a function from values to what its channel shows; see create-message-renderer.ts. */
import { ticketColumns } from "../../model/message-limits.ts";
import type { RenderedParts } from "../../model/message.ts";
import { compileMarkup, parseMarkup, type ParsedMarkup, type Values } from "../templates/handlebars-tree.ts";
import { parseWord } from "../templates/check-template.ts";
import type { TemplateFile } from "../templates/template-file.ts";
import { valueForms } from "../templates/value-forms.ts";
import { type CompiledEmail, LAYOUT_PREFIX, MARK_OF_LANGUAGE } from "./compile-emails.ts";
import { LAYOUT_NAME } from "./message-dialects.ts";
import type { MessageTemplates } from "./message-templates.ts";
import { type Need, needsOf, valueOf } from "./needs.ts";
import { countSegments, spellPlainly, spellSigns } from "./segments.ts";
import { textOfMarkup } from "./text-of-markup.ts";
import { wrapTicket } from "./ticket.ts";

export interface CompiledMessage {
  readonly needs: readonly Need[];
  /** In full, by their numbers. */
  readonly addresses: readonly string[];
  readonly segmentsMax: number | undefined;
  render(values: Values): RenderedParts;
}

interface Surroundings {
  readonly templates: MessageTemplates;
  /** Every template, the layout among them. */
  readonly all: readonly TemplateFile[];
}

type Render = (values: Values) => string;

/** @returns undefined for what is no message by itself, or was refused when it was compiled */
export function compileMessage(
  template: TemplateFile,
  language: string,
  { templates, all }: Surroundings,
): CompiledMessage | undefined {
  const { channel, name, settings, words } = template;
  if (channel === "email" && name === LAYOUT_NAME) return undefined;
  const layout = all.find((each) => each.channel === "email" && each.name === LAYOUT_NAME);
  const forms = valueForms(language === "und" ? "en" : language);
  const needs: Need[] = [];
  const quiet = (): void => undefined;

  function textOf(key: string): string | undefined {
    const fromLayout = key.startsWith(LAYOUT_PREFIX) && channel === "email";
    if (!fromLayout) return words.get(language)?.get(key)?.value;
    const own = layout?.words;
    return (own?.get(language) ?? own?.values().next().value)?.get(key.slice(LAYOUT_PREFIX.length))?.value;
  }

  function word(key: string): ParsedMarkup | undefined {
    const value = textOf(key);
    if (value === undefined) return undefined;
    return parseWord({ kind: "text", value, span: { start: 0, end: 0 }, offsetAt: (at) => at }, quiet);
  }

  function compile(source: string, isPlain: boolean): Render {
    const markup = parseMarkup(source, (message, _, { start }) => {
      throw new RangeError(`${channel}/${name} does not hold together: ${message}: ${source.slice(start, start + 80)}`);
    });
    if (markup === undefined) return () => "";
    needs.push(...needsOf(markup.nodes, word));
    return compileMarkup(markup, { word, forms, isPlain });
  }

  const plainWord = (key: string): Render => compile(textOf(key) ?? "", true);
  const inFull = (address: string): string => (address.startsWith("/") ? (templates.site ?? "") + address : address);
  const bare = { needs, addresses: [], segmentsMax: undefined };
  switch (channel) {
    case "email": {
      const email = templates.emails.find((each) => each.name === name);
      if (email === undefined) return undefined;
      const render = renderEmail({ email, language, subject: plainWord("subject"), compile });
      const addresses = email.addresses.map((each) =>
        inFull(each.is === "text" ? each.text : (textOf(each.key) ?? "")),
      );
      return { ...bare, addresses, render };
    }
    case "sms": {
      const text = plainWord("text");
      const segmentsMax = numberOf(settings.get("segments at most"));
      const render = (values: Values): RenderedParts => {
        const said = spellPlainly(text(values));
        return { is: "sms", text: said, segments: countSegments(said).segments };
      };
      return { ...bare, segmentsMax, render };
    }
    case "whatsapp": {
      const text = plainWord("text");
      const approved = { twilioSid: textOf("twilio"), cloudName: textOf("cloud") };
      const variables = (word("text")?.nodes ?? []).flatMap((node) =>
        node.is === "value" ? [compile(textOf("text")?.slice(node.start, node.end) ?? "", true)] : [],
      );
      return {
        ...bare,
        render: (values) => ({
          is: "whatsapp",
          approved,
          variables: variables.map((show) => show(values)),
          text: text(values),
        }),
      };
    }
    case "loyalty": {
      const print = plainWord("print");
      const markup = template.markup.trim();
      const screen = compile(markup, false);
      const text = compile(textOfMarkup(markup), true);
      const columns = numberOf(settings.get("columns")) ?? ticketColumns;
      const lines = (said: string): readonly string[] => said.split("\n").flatMap((line) => line.trim() || []);
      return {
        ...bare,
        render: (values) => ({
          is: "loyalty",
          // A till's printer knows the signs of a typewriter. Spaces come last: a line is not broken at those that bind.
          print: wrapTicket(spellSigns(print(values)), columns)
            .map(spellPlainly)
            .filter((line) => line !== ""),
          screen: screen(values),
          show: lines(text(values)),
        }),
      };
    }
    case "webhook":
      return { ...bare, render: (values) => renderFields(template, values) };
    case "telegram": {
      const text = plainWord("text");
      return { ...bare, render: (values) => ({ is: "telegram", text: text(values) }) };
    }
    case "web":
      return undefined;
  }
}

interface EmailParts {
  readonly email: CompiledEmail;
  readonly language: string;
  readonly subject: Render;
  readonly compile: (source: string, isPlain: boolean) => Render;
}

function renderEmail({ email, language, subject, compile }: EmailParts): CompiledMessage["render"] {
  const html = compile(email.html.replaceAll(MARK_OF_LANGUAGE, language), false);
  const text = compile(email.text, true);
  return (values) => ({
    is: "email",
    subject: subject(values),
    html: html(values),
    // A block that was left out leaves its empty lines behind.
    text: text(values)
      .replace(/[ \t]+$/gm, "")
      .replace(/\n{3,}/g, "\n\n"),
  });
}

function renderFields({ settings }: TemplateFile, values: Values): RenderedParts {
  const type = settings.get("type");
  const fields = settings.get("fields");
  const names =
    fields?.kind === "list" ? fields.parts.flatMap((each) => (each.kind === "text" ? [each.value] : [])) : [];
  return {
    is: "webhook",
    type: type?.kind === "text" ? type.value : "",
    fields: Object.fromEntries(
      names.flatMap((name) => {
        const value = valueOf(values, name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

function numberOf(value: { readonly kind: string; readonly value?: unknown } | undefined): number | undefined {
  return value?.kind === "text" ? Number(value.value) : undefined;
}
