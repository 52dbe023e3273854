/**
 * A message without a text of its own: what is known of its reader, field by field, as another system would be told it. It
 * stands in for a template where a channel has none yet.
 */
import { ofType } from "../model/field-value.ts";
import type { RenderMessage } from "./render-port.ts";

export const renderFields: RenderMessage = ({ template, profile, plan }) => {
  const fields: Record<string, unknown> = {};
  for (const [index, { name, type }] of plan.attributes.entries()) {
    const value = ofType(profile.attribute(index), type);
    if (value !== undefined) fields[name] = value;
  }
  const { language } = fields;
  return {
    is: "rendered",
    parts: { is: "webhook", type: `message.${template}`, fields },
    language: typeof language === "string" ? language : "und",
  };
};
