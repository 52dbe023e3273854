/** Puts letters into words by the brand's templates. */
import { type LinkMaker, withTracking } from "../gateway/links-port.ts";
import { createMessageRenderer, type MessageTemplates } from "../language/port.ts";
import type { OutgoingMessage, RenderedParts } from "../model/message.ts";
import type { Letter, PutIntoWords } from "./letter.ts";

/** @param maker of the links by which opens and clicks are counted, and where they begin */
export function createWords(
  templates: MessageTemplates,
  { maker, url }: { readonly maker: LinkMaker; readonly url: string },
): PutIntoWords {
  const renderer = createMessageRenderer(templates);
  return (letter) => {
    const { channel, template, language, values, products, event, zone, links } = letter;
    const rendered = renderer.render({ channel, template, language, values, products, event, zone, links });
    if (rendered.is !== "rendered") return rendered;
    return inWords(letter, rendered.language, tracked(letter, rendered.parts));
  };

  function tracked({ id, channel, category, tracked: by }: Letter, parts: RenderedParts): RenderedParts {
    if (by === undefined || parts.is !== "email") return parts;
    const { profile, trigger, at } = by;
    const message = { profile, message: id, channel, category, trigger };
    const open = maker.open(message, at);
    return {
      ...parts,
      html: withTracking(parts.html, { open, own: url, click: (to) => maker.click(message, to, at) }),
    };
  }
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
