/** Puts letters into words by the brand's templates. */
import { createMessageRenderer, type MessageTemplates } from "../language/port.ts";
import type { OutgoingMessage, RenderedParts } from "../model/message.ts";
import type { Letter, PutIntoWords } from "./letter.ts";

export function createWords(templates: MessageTemplates): PutIntoWords {
  const renderer = createMessageRenderer(templates);
  return (letter) => {
    const { channel, template, language, values, zone, links } = letter;
    // What a page shows is rendered where the page is served, in whatever language it is read.
    if (channel === "web") return inWords(letter, language ?? "und", { is: "webhook", type: template, fields: values });
    const rendered = renderer.render({ channel, template, language, values, zone, links });
    if (rendered.is !== "rendered") return { is: "unrenderable", field: rendered.field };
    return inWords(letter, rendered.language, rendered.parts);
  };
}

function inWords(letter: Letter, language: string, parts: RenderedParts): ReturnType<PutIntoWords> {
  const { id, attempt, channel, address, category, template, reference, links } = letter;
  const message: OutgoingMessage = {
    id,
    attempt,
    channel,
    address,
    category,
    language,
    template,
    parts,
    reference,
    links,
  };
  return { is: "rendered", message };
}
