/** A rendered message as a terminal shows it. Pure. */
import { countSegments } from "../language/port.ts";
import type { RenderedParts } from "../model/message.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";

export interface Preview {
  readonly channel: string;
  readonly language: string;
  readonly parts: RenderedParts;
}

export function renderPreview({ channel, language, parts }: Preview, { bold, dim, yellow }: Style): string {
  const head = bold(`${channel}, ${language}`);
  return [head, ...linesOf(parts)].join("\n");

  function linesOf(shown: RenderedParts): readonly string[] {
    switch (shown.is) {
      case "email":
        return [`${dim("Subject:")} ${printable(shown.subject)}`, "", lines(shown.text)];
      case "sms":
        return [lines(shown.text), dim(cost(shown.text))];
      case "whatsapp": {
        const { twilioSid, cloudName } = shown.approved;
        const names = [twilioSid && `Twilio ${twilioSid}`, cloudName && `Cloud API ${cloudName}`].filter(Boolean);
        const variables = shown.variables.map((value, index) => `{{${index + 1}}} = ${printable(value)}`);
        return [lines(shown.text), dim([...names, ...variables].join(", "))];
      }
      case "web":
        return [lines(shown.html)];
      case "loyalty": {
        const width = Math.max(...shown.print.map((line) => line.length), 0);
        const paper = shown.print.map((line) => `| ${printable(line).padEnd(width)} |`);
        return [...paper, dim("On the screen:"), lines(shown.screen)];
      }
      case "telegram":
        return [lines(shown.text)];
      case "webhook":
        return [`${dim("Type:")} ${printable(shown.type)}`, JSON.stringify(shown.fields, undefined, 2)];
    }
  }

  function lines(text: string): string {
    return text.split("\n").map(printable).join("\n");
  }

  function cost(text: string): string {
    const { encoding, units, segments, foreign } = countSegments(text);
    const because = foreign === undefined ? "" : yellow(`, as \`${printable(foreign)}\` is not in GSM-7`);
    return `${segments} segment${segments === 1 ? "" : "s"}, ${units} units of ${encoding}${because}`;
  }
}
