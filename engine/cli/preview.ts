/**
 * What a template says to one person, before anybody is sent it. Changes nothing, and sends nothing but what `--to` asks for,
 * to that address.
 */
import type { ProfileReport, StripsReport } from "../control/profile-port.ts";
import type { SteeringReport } from "../control/steering-port.ts";
import {
  createMessageRenderer,
  createRenderer,
  decodePlan,
  type MessageRequest,
  type PlanSource,
  readRules,
  readShown,
  type RenderedMessage,
  renderProblems,
  type SoundRules,
} from "../language/port.ts";
import type { Json, JsonObject } from "../model/event.ts";
import { readFieldValue } from "../model/field-value.ts";
import { type CallOutcome, CHANNELS, type Channel, isChannel, type RenderedParts } from "../model/message.ts";
import type { AttributeDefinition, FieldValue } from "../model/plan.ts";
import type { RecommendedProduct } from "../model/recommendation.ts";
import type { ShownProperties } from "../model/trigger.ts";
import { type ExitCode, parseArguments, UsageError } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import { ADDRESSED, type PreviewSurroundings } from "./preview-command.ts";
import { renderPreview } from "./preview-text.ts";
import { SAMPLE_PRODUCTS, samplePerson } from "./sample-person.ts";
import { printable, type Terminal } from "./terminal.ts";

interface Person {
  readonly who: string;
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Of a recommendation, by its name. */
  readonly productsOf: (recommendation: string) => readonly RecommendedProduct[];
}

/** @returns the exit code */
export async function preview(
  args: readonly string[],
  terminal: Terminal,
  { client, rulesDir, now, open, send, nearest }: PreviewSurroundings,
): Promise<ExitCode> {
  const form = {
    flags: ["json", "open"],
    values: ["as", "channel", "language", "event", "rules", "to"],
    words: ["TEMPLATE"],
  } as const;
  const { flags, values, words } = parseArguments(args, form, nearest);
  const [template = ""] = words;
  if (values.channel !== undefined && !isChannel(values.channel))
    throw new UsageError(`${values.channel} is no channel. There are ${CHANNELS.join(", ")}.`);
  const to = values.to === undefined ? undefined : addressOf(values.channel, values.to);
  const event = values.event === undefined ? undefined : parseEvent(values.event);
  const folder = values.rules ?? (await rulesDir());
  const reading = await readRules(folder);
  const { out, err, errStyle, outStyle } = terminal;
  if (reading.is === "refused") {
    out(renderProblems(reading.problems, { colour: false, pathPrefix: `${folder.replace(/\/+$/, "")}/` }));
    return 1;
  }
  const render = rendererOf(reading);
  const channels = CHANNELS.filter(
    (channel) => render.has(channel, template) && (values.channel ?? channel) === channel,
  );
  if (channels.length === 0) {
    const near = nearest(template, render.names);
    const where = values.channel === undefined ? "" : ` for ${values.channel}`;
    err(errStyle.red(`There is no template "${printable(template)}"${where}.`));
    err(
      near === undefined || near === template
        ? "vif check tells what templates triggers want."
        : `Did you mean "${near}"?`,
    );
    return 1;
  }
  const plan = decodePlan(reading.bytes);
  const { attributes, triggers = [] } = plan;
  const person = await personOf(values.as, attributes);
  if ("is" in person) {
    sayNo(terminal, person);
    return 1;
  }
  const shown = channels.map((channel) => {
    const recommendation = recommendationOf(plan, template, channel);
    const rendered = render.one({
      channel,
      template,
      language: values.language,
      values: person.values,
      products: recommendation === undefined ? undefined : person.productsOf(recommendation),
      event: eventShown(triggers, { template, channel }, event),
    });
    return { channel, rendered };
  });
  if (flags.json) out(JSON.stringify({ template, as: person.who, messages: shown }, undefined, 2));
  else out(`${outStyle.dim(`${template}, as ${printable(person.who)}`)}\n`);
  for (const { channel, rendered } of shown) {
    if (flags.json) continue;
    if (rendered.is === "rendered" && rendered.language !== (values.language ?? rendered.language))
      err(
        errStyle.yellow(
          `${channel} is not there in ${printable(values.language ?? "")}: ${rendered.language} is shown.`,
        ),
      );
    if (rendered.is === "rendered") out(`${renderPreview({ channel, ...rendered }, outStyle)}\n`);
    else out(`${outStyle.bold(channel)}\n${outStyle.red(`This could not be sent: ${reasonOf(rendered)}.`)}\n`);
  }
  if (flags.open) {
    const pages = shown.flatMap(({ channel, rendered }) => {
      const html = rendered.is === "rendered" ? pageOf(rendered.parts) : undefined;
      return html === undefined ? [] : [{ channel, html }];
    });
    if (pages.length === 0) err("There is nothing of it that a browser could show.");
    for (const { channel, html } of pages) err(`Opened ${await open(`${channel}-${template}`, html)}`);
  }
  if (!shown.every(({ rendered }) => rendered.is === "rendered")) return 1;
  const [only] = shown;
  if (to === undefined || only?.rendered.is !== "rendered") return 0;
  const stop = await stopOf(only.channel);
  if (stop !== undefined) {
    err(errStyle.red(`Not sent: ${stop}.`));
    return 1;
  }
  const { language, parts } = only.rendered;
  const sent = await send({ channel: only.channel, address: to, template, language, parts: asTest(parts) });
  const said = `${printable(to)} by ${only.channel}`;
  if (sent?.is === "accepted") err(`Sent to ${said}, as a test.`);
  else
    err(
      errStyle.red(sent === undefined ? noProvider(only.channel) : `Not sent to ${said}: ${sent.is}${whyNot(sent)}.`),
    );
  return sent?.is === "accepted" ? 0 : 1;

  /** What operators have ordered; where no engine runs, nobody has. */
  async function stopOf(channel: Channel): Promise<string | undefined> {
    const asked = await (await client()).ask<SteeringReport>("GET", "/v1/plans");
    if (asked.is === "no") return undefined;
    const { stopped, pausedChannels } = asked.answer;
    if (stopped) return "all sends are stopped, until `vif sends start`";
    return pausedChannels.includes(channel)
      ? `${channel} is paused, until \`vif resume --channel ${channel}\``
      : undefined;
  }

  /** Of the trigger that sends it: of the given event, or of none that ever was. */
  function eventShown(
    triggers: NonNullable<PlanSource["triggers"]>,
    { template, channel }: { readonly template: string; readonly channel: Channel },
    event: JsonObject | undefined,
  ): ShownProperties | undefined {
    const sent = triggers.find(({ send }) => send.template === template && send.by.includes(channel));
    return event === undefined ? samplePerson(sent?.shows ?? [], now()) : readShown(sent?.shows, event);
  }

  async function personOf(who: string | undefined, fields: readonly AttributeDefinition[]) {
    if (who === undefined) {
      const values = samplePerson(fields, now());
      return { who: "a sample person", values, productsOf: () => SAMPLE_PRODUCTS } satisfies Person;
    }
    const engine = await client();
    const asked = await engine.ask<ProfileReport>("GET", "/v1/profile", { who });
    if (asked.is === "no") return asked;
    const found = await engine.ask<StripsReport>("GET", "/v1/strips", { who });
    if (found.is === "no") return found;
    const { strips } = found.answer;
    const types = new Map(fields.map(({ name, type }) => [name, type]));
    const values: Record<string, FieldValue> = {};
    for (const { name, value } of asked.answer.attributes) {
      const type = types.get(name);
      const read = type === undefined || value === undefined ? undefined : readFieldValue(value, type);
      if (read !== undefined) values[name] = read;
    }
    return { who, values, productsOf: (recommendation) => strips[recommendation] ?? [] } satisfies Person;
  }
}

/** @throws UsageError where nobody has an address of that channel */
function addressOf(channel: string | undefined, to: string): string {
  if (!ADDRESSED.some((each) => each === channel))
    throw new UsageError(`--to wants --channel with it: one of ${ADDRESSED.join(", ")}.`);
  return channel === "email" ? to.toLowerCase() : to;
}

function asTest(parts: RenderedParts): RenderedParts {
  return parts.is === "email" ? { ...parts, subject: `[Test] ${parts.subject}` } : parts;
}

function noProvider(channel: Channel): string {
  return `Not sent: no provider is set for ${channel}; see the settings in README.md.`;
}

function whyNot(outcome: CallOutcome): string {
  const { reason, code } = outcome as { readonly reason?: string; readonly code?: string };
  return [reason, code].map((part) => (part === undefined ? "" : `, ${printable(part)}`)).join("");
}

function parseEvent(text: string): JsonObject {
  try {
    const json = JSON.parse(text) as Json;
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as JsonObject;
  } catch {
    // Told below.
  }
  throw new UsageError(`--event wants the properties of an event as JSON, such as '{"order_id": "W-1"}'.`);
}

/** Whose products a template goes through: an e-mail names it, of pages and tills the first choice that shows the template. */
function recommendationOf(plan: PlanSource, template: string, channel: Channel): string | undefined {
  if (channel === "email") return plan.messageRecommendations?.[template];
  if (channel !== "web" && channel !== "loyalty") return undefined;
  const choices: readonly { readonly show: string; readonly recommendation?: string }[] = plan.contents.flatMap(
    (content) => content.choices,
  );
  return choices.find(({ show, recommendation }) => show === template && recommendation !== undefined)?.recommendation;
}

type Wanted = Pick<MessageRequest, "template" | "language" | "values" | "event" | "products"> & {
  readonly channel: Channel;
};

/** Of a page, and of all that is sent. */
function rendererOf(reading: SoundRules) {
  const messages = createMessageRenderer(reading.messages);
  const pages = createRenderer(reading.templates);
  const pageNames = reading.templates.flatMap(({ path }) => /\/web\/([^/]+)\.hbs$/.exec(path)?.[1] ?? []);
  const links = { unsubscribe: "https://example.com/#unsubscribe", preferences: "https://example.com/#preferences" };
  return {
    names: [...pageNames, ...messages.names.map((name) => name.split("/")[1] ?? "")],
    has: (channel: Channel, name: string) =>
      channel === "web" ? pageNames.includes(name) : messages.names.includes(`${channel}/${name}`),
    one({ channel, template, language, values, event, products }: Wanted): RenderedMessage {
      const own = values["language"];
      const wanted = language ?? (typeof own === "string" ? own : undefined);
      const zone = values["time_zone"];
      if (channel !== "web") {
        const request = { template, language: wanted, values, event, products, links };
        return messages.render({ ...request, channel, zone: typeof zone === "string" ? zone : undefined });
      }
      const shown = event === undefined ? values : { ...values, event };
      const html = pages.render(template, wanted ?? "", shown, products) ?? "";
      return { is: "rendered", language: wanted ?? "", parts: { is: "web", html } };
    },
  };
}

function pageOf(parts: Extract<RenderedMessage, { is: "rendered" }>["parts"]): string | undefined {
  switch (parts.is) {
    case "email":
      return parts.html;
    case "web":
      return parts.html;
    case "loyalty":
      return parts.screen;
    case "sms":
    case "whatsapp":
    case "telegram":
    case "webhook":
      return undefined;
  }
}

function reasonOf({ field, because }: Extract<RenderedMessage, { is: "unrenderable" }>): string {
  return `\`${field}\` ${because === "unknown" ? "is not known" : because === "holds an address" ? because : `is ${because}`}`;
}
