/**
 * What an e-mail template may hold: MJML's own elements, and simple HTML within its texts. Left out is what would load
 * something from elsewhere, or put HTML past MJML: fonts, includes, raw parts. A value stands in a text, or in the words that
 * stand for a picture; never in a style, for there escaping does not keep it a value.
 */
import type { MarkupGrammar } from "../templates/markup-reader.ts";

/** Elements of MJML whose content is text and simple HTML; within all others stand elements only. */
export const TEXT_ELEMENTS: ReadonlySet<string> = new Set("mj-text mj-button mj-table mj-style".split(" "));

const FRAME =
  "mjml mj-head mj-body mj-attributes mj-all mj-class mj-style mj-section mj-column mj-group mj-wrapper mj-hero mj-text " +
  "mj-button mj-image mj-divider mj-spacer mj-table";
const WITHIN_TEXTS = "a b br em h1 h2 h3 i li ol p s small span strong sub sup table tbody td th thead tr u ul";
const ATTRIBUTES =
  "align alt background-color background-position background-repeat background-size background-url border border-bottom " +
  "border-collapse border-color border-left border-radius border-right border-style border-top border-width cellpadding " +
  "cellspacing class color colspan container-background-color css-class direction fluid-on-mobile font-family font-size font-style " +
  "font-weight full-width height href inline inner-background-color inner-padding lang letter-spacing line-height " +
  "max-width mj-class mode name padding padding-bottom padding-left padding-right padding-top rel role rowspan src " +
  "target text-align text-decoration text-transform title valign vertical-align width";

export const EMAIL_GRAMMAR: MarkupGrammar = {
  elements: new Set(`${FRAME} ${WITHIN_TEXTS}`.split(" ")),
  attributes: new Set(ATTRIBUTES.split(" ")),
  isOpen: () => false,
  takesValues: (attribute) => attribute === "alt" || attribute === "title",
  advice: {
    element: "e-mails are made of MJML: `<mj-section>`, `<mj-column>`, `<mj-text>`, `<mj-image>`, `<mj-button>`",
    attribute: "looks of an e-mail are attributes of MJML, such as `color` and `padding`, or `mj-class`",
  },
};
