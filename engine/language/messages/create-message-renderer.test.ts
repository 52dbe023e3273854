import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CHANNELS } from "../../model/message.ts";
import { checkRules } from "../check/check-rules.ts";
import { readRules } from "../folder/read-rules.ts";
import type { RuleFile } from "../source/source.ts";
import { createMessageRenderer, type MessageRenderer, type MessageRequest } from "./create-message-renderer.ts";
import { readMessageTemplates } from "./message-templates.ts";

const BRAND: readonly RuleFile[] = [
  { path: "brand.yaml", text: "brand: b\nlanguages: [fr, en]\nsite: https://b.example\n" },
  {
    path: "fields.yaml",
    text: "fields:\n  first_name: text\n  points: number\n  credit: {type: money, currency: EUR}\n  fitting: instant\n  born: date\n  likes: list\n",
  },
];

function template(channel: string, name: string, text: string): RuleFile {
  return { path: `../templates/${channel}/${name}.hbs`, text };
}

async function rendererOf(...templates: readonly RuleFile[]): Promise<MessageRenderer> {
  const files = [...BRAND, ...templates];
  const { plan, problems, brand } = checkRules(files);
  expect(problems).toEqual([]);
  const { templates: read, problems: later } = await readMessageTemplates(templates, {
    attributes: [],
    ...plan,
    ...brand,
  });
  expect(later).toEqual([]);
  // As it goes from thread to thread.
  return createMessageRenderer(structuredClone(read));
}

const email = (request: Partial<MessageRequest> = {}): MessageRequest => ({
  channel: "email",
  template: "hello",
  language: "en",
  values: {},
  links: {},
  ...request,
});

function partsOf(renderer: MessageRenderer, request: MessageRequest) {
  const rendered = renderer.render(request);
  if (rendered.is !== "rendered") throw new Error(JSON.stringify(rendered));
  return rendered;
}

const LAYOUT = template(
  "email",
  "layout",
  `---
fr: {foot: "Bien à vous", out: Partir}
en: {foot: "Yours{{#if first_name}}, {{first_name}}{{/if}}", out: Leave}
---
<mjml><mj-body>{{content}}<mj-section><mj-column><mj-text>{{t.foot}} {{#if link.unsubscribe}}<a href="{{link.unsubscribe}}">{{t.out}}</a>{{/if}}</mj-text></mj-column></mj-section></mj-body></mjml>
`,
);
const HELLO = template(
  "email",
  "hello",
  `---
fr: {subject: "Bonjour {{first_name}}", preheader: Court, go: Aller, link: /fr/}
en: {subject: "Hello {{first_name}}", preheader: Short, go: "Go {{first_name}}", link: /en/}
---
<mj-section><mj-column>
<mj-text>Dear {{first_name}}</mj-text>
{{#if points}}
<mj-text>{{number points}} points</mj-text>
{{else}}
<mj-text>No points</mj-text>
{{/if}}
{{#each likes}}<mj-text>You like {{this}}</mj-text>{{/each}}
<mj-image src="/a.png" alt="{{first_name}}" href="https://else.example/x?a=1&b=2" />
<mj-button href="{{t.link}}">{{t.go}}</mj-button>
</mj-column></mj-section>
`,
);

describe("an e-mail with products", () => {
  const RULE = { path: "recommendations/for-you.yaml", text: "recommendation: for-you\nbased on: popular\n" };
  const offer = (recommendation: string, shown = "{{title}}"): RuleFile =>
    template(
      "email",
      "offer",
      `---
${recommendation}fr: {subject: Bonjour, preheader: Court, for_you: Pour vous}
en: {subject: Hello, preheader: Short, for_you: For you}
---
<mj-section><mj-column>
{{#if products}}<mj-text>{{t.for_you}}</mj-text>{{/if}}
{{#each products}}
<mj-image src="{{image}}" href="{{link}}" alt="" />
<mj-text><a href="{{link}}">${shown}</a> {{#if was}}{{money was "EUR"}}, {{/if}}{{money price "EUR"}}: {{reason}}</mj-text>
{{/each}}
</mj-column></mj-section>
`,
    );
  const products: MessageRequest["products"] = [
    {
      id: "hat",
      title: { en: "Hat <1>", fr: "Chapeau" },
      price: 790_000,
      was: 950_000,
      image: "https://cdn.example/hat.png",
      link: { en: "/en/hat", fr: "/fr/hat" },
      reason: "",
      why: { basis: "bought together", with: { id: "coat", title: { fr: "Manteau" } }, customers: 3 },
    },
    { id: "belt", title: { "": "Belt" }, price: 690_000, link: { "": "/belt" }, reason: "", why: { basis: "popular" } },
  ];

  it("goes through them in the customer's language, with whole addresses; without any it says nothing of them", async () => {
    const renderer = await rendererOf(offer("recommendation: for-you\n"), RULE);
    const { parts } = partsOf(renderer, email({ template: "offer", language: "fr", products }));
    if (parts.is !== "email") throw new Error(parts.is);
    expect(parts.text.trim().replaceAll("\u00a0", " ").split(/\n+/)).toEqual([
      "Pour vous",
      "Chapeau (https://b.example/fr/hat) 95,00 €, 79,00 €: acheté avec Manteau par 3 clients",
      "Belt (https://b.example/belt) 69,00 €: souvent acheté",
    ]);
    expect(parts.html).toContain('src="https://cdn.example/hat.png"');
    expect(parts.html).toContain('href="https://b.example/belt"');
    expect(partsOf(renderer, email({ template: "offer", products })).parts).toMatchObject({
      html: expect.stringContaining("Hat &lt;1&gt;") as string,
    });
    const { parts: bare } = partsOf(renderer, email({ template: "offer" }));
    if (bare.is !== "email") throw new Error(bare.is);
    expect(bare.text.trim()).toBe("");
  });

  it("is refused where the recommendation is not there, not named, or a product has no such value", () => {
    const told = (...files: readonly RuleFile[]) =>
      checkRules([...BRAND, ...files]).problems.map(({ code, message }) => `${code}: ${message}`);
    expect(told(offer("recommendation: for-yuo\n"), RULE)).toContainEqual(
      "unknown_name: there is no recommendation `for-yuo`",
    );
    expect(told(offer(""), RULE)).toContainEqual("unknown_name: there is no field `products` in fields.yaml");
    expect(told(offer("recommendation: for-you\n", "{{first_name}}"), RULE)).toEqual([
      "unknown_name: within `{{#each products}}` there is no `first_name`",
    ]);
  });
});

describe("an e-mail", () => {
  let renderer: MessageRenderer;
  beforeAll(async () => {
    renderer = await rendererOf(LAYOUT, HELLO);
  });

  it("is a whole document in the customer's language, within the layout, with a text that says the same", () => {
    const values = { first_name: "Zoë & <Co>", points: 12_345, likes: ["shoes", "bags"] };
    const { language, parts } = partsOf(renderer, email({ values, links: { unsubscribe: "https://v.example/u?t=1" } }));
    if (parts.is !== "email") throw new Error(parts.is);
    expect(language).toBe("en");
    expect(parts.subject).toBe("Hello Zoë & <Co>");
    expect(parts.html).toMatch(/^<!doctype html>/);
    expect(parts.html).toContain('lang="en"');
    expect(parts.html).toContain("<title>Hello Zoë &amp; &lt;Co&gt;</title>");
    expect(parts.html).toContain("Dear Zoë &amp; &lt;Co&gt;");
    expect(parts.html).toContain('alt="Zoë &amp; &lt;Co&gt;"');
    expect(parts.html).toContain('src="https://b.example/a.png"');
    expect(parts.html).toContain('href="https://b.example/en/"');
    expect(parts.html).not.toMatch(/vif[qa]\d|\{\{|<mj-/);
    expect(parts.text.split(/\n+/)).toEqual([
      "Dear Zoë & <Co>",
      "12,345 points",
      "You like shoes",
      "You like bags",
      "Go Zoë & <Co> (https://b.example/en/)",
      "Yours, Zoë & <Co> Leave (https://v.example/u?t=1)",
    ]);
  });

  it("leaves out what its conditions leave out, in both parts", () => {
    const { parts } = partsOf(renderer, email({ values: { first_name: "Zoë", points: 0 }, language: "fr-BE" }));
    if (parts.is !== "email") throw new Error(parts.is);
    expect(parts.html).toContain("No points");
    expect(parts.html).not.toMatch(/You like|Partir/);
    expect(parts.text.split(/\n+/)).toEqual(["Dear Zoë", "No points", "Aller (https://b.example/fr/)", "Bien à vous"]);
  });

  it("leads to the brand's site where an address begins with a slash, and elsewhere as it is written", () => {
    const { parts } = partsOf(
      renderer,
      email({ values: { first_name: "Zoë" }, links: { unsubscribe: "https://v.example/u" } }),
    );
    if (parts.is !== "email") throw new Error(parts.is);
    const hrefs = [...parts.html.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) =>
      href.replaceAll("&#x3D;", "=").replaceAll("&amp;", "&"),
    );
    expect(hrefs).toEqual(["https://else.example/x?a=1&b=2", "https://b.example/en/", "https://v.example/u"]);
  });

  it("that lacks what it needs is not rendered, and says which field it was", () => {
    expect(renderer.render(email())).toEqual({ is: "unrenderable", field: "first_name", because: "unknown" });
    expect(renderer.render(email({ values: { first_name: "\u200b" } }))).toMatchObject({ field: "first_name" });
    expect(renderer.render(email({ values: { first_name: "x".repeat(300) } }))).toMatchObject({ because: "too long" });
    expect(renderer.render(email({ template: "other" }))).toMatchObject({ field: "template" });
  });

  it("keeps every value a value, whatever it is", () => {
    const tags = (html: string): readonly string[] =>
      (html.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, ""));
    const htmlOf = (name: string): string => {
      const rendered = renderer.render(email({ values: { first_name: name, likes: [name] } }));
      if (rendered.is !== "rendered") return "";
      const { parts } = rendered;
      if (parts.is !== "email") throw new Error(parts.is);
      // oxlint-disable-next-line no-control-regex
      expect(parts.subject).not.toMatch(/[\u0000-\u001f\u007f]/);
      return parts.html;
    };
    const plain = tags(htmlOf("x"));
    const naughty = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", "{", "}", "-", "=", "/", "\\", "a", "\r", "\n") }),
      fc.constantFrom("--><script>alert(1)</script>", '" onload="x', "{{first_name}}", "<![endif]-->", "x\r\nBcc: y"),
    );
    fc.assert(
      fc.property(naughty, (name) => {
        const html = htmlOf(name);
        if (html !== "") expect(tags(html)).toEqual(plain);
      }),
    );
  });

  it("is refused where MJML refuses it, at its line", async () => {
    const text =
      "---\nen: {subject: a, preheader: b}\nfr: {subject: a, preheader: b}\n---\n<mj-section>\n<mj-text>x</mj-text>\n</mj-section>\n";
    const files = [LAYOUT, template("email", "wrong", text)];
    const { problems } = await readMessageTemplates(files, { site: undefined, languages: [], attributes: [] });
    expect(problems).toMatchObject([{ path: "../templates/email/wrong.hbs", line: 6, code: "template_markup" }]);
  });
});

describe("messages of other channels", () => {
  it("are texts, counted; an approved text with its variables; a ticket and a screen; and what another system is told", async () => {
    const renderer = await rendererOf(
      template(
        "sms",
        "a",
        '---\nsegments at most: 1\nfr: {text: "{{first_name}}, {{plural points \\"point\\" \\"points\\"}}"}\nen: {text: "{{first_name}} at {{time fitting}}, {{link.site}}/x"}\n---\n',
      ),
      template(
        "whatsapp",
        "a",
        '---\nfr: {text: "{{first_name}} {{number points}}", cloud: a}\nen: {text: "Hi {{first_name}}, {{money credit \\"EUR\\"}}", twilio: HX1, cloud: a}\n---\n',
      ),
      template(
        "loyalty",
        "a",
        '---\ncolumns: 32\nfr: {print: "Bonjour"}\nen: {print: "Hello {{first_name}}, you have {{number points}} points by now"}\n---\n<b>{{first_name}}</b>\n',
      ),
      template("webhook", "a", "---\ntype: com.b.hello\nfields: [points, credit]\n---\n"),
    );
    const values = { first_name: "<Zoë>", points: 1234, credit: 455_000, fitting: Date.UTC(2026, 6, 1, 12, 30) };
    const of = (channel: MessageRequest["channel"], language = "en") =>
      partsOf(renderer, { channel, template: "a", language, values, zone: "Europe/Paris", links: {} }).parts;
    expect(of("sms")).toEqual({ is: "sms", text: "<Zoë> at 2:30 PM, https://b.example/x", segments: 1 });
    expect(of("sms", "fr")).toEqual({ is: "sms", text: "<Zoë>, points", segments: 1 });
    expect(of("whatsapp")).toEqual({
      is: "whatsapp",
      approved: { twilioSid: "HX1", cloudName: "a" },
      variables: ["<Zoë>", "€45.50"],
      text: "Hi <Zoë>, €45.50",
    });
    expect(of("loyalty")).toEqual({
      is: "loyalty",
      print: ["Hello <Zoë>, you have 1,234", "points by now"],
      screen: "<b>&lt;Zoë&gt;</b>",
      show: ["<Zoë>"],
    });
    expect(of("webhook")).toEqual({ is: "webhook", type: "com.b.hello", fields: { points: 1234, credit: 455_000 } });
    const long = { ...values, first_name: "x".repeat(180) };
    expect(renderer.render({ channel: "sms", template: "a", language: "en", values: long, links: {} })).toEqual({
      is: "unrenderable",
      field: "text",
      because: "too long",
    });
  });
});

describe("what set a message off", () => {
  const ORDERED: readonly RuleFile[] = [
    {
      path: "events/ordered.yaml",
      text: "event: ordered\nproperties: {order_id: text, total: {type: money, currency: EUR}, products.name: list, ready: instant, gift: boolean}\n",
    },
    {
      path: "triggers/thanks.yaml",
      text: 'trigger: thanks\non: ordered\nsend: {template: thanks, by: "best of [sms, email, webhook]"}\ncategory: transactional\n',
    },
    template(
      "sms",
      "thanks",
      '---\nfr: {text: "Commande {{event.order_id}}{{#if event.gift}}, cadeau{{/if}}"}\nen: {text: "{{event.order_id}}: {{money event.total \\"EUR\\"}} at {{time event.ready}}"}\n---\n',
    ),
    template(
      "email",
      "thanks",
      "---\nfr: {subject: 'Commande {{event.order_id}}', preheader: p}\nen: {subject: 'Order {{event.order_id}}', preheader: p}\n---\n<mj-section><mj-column><mj-text>{{#each event.products.name}}<b>{{this}}</b>{{else}}Nothing{{/each}}</mj-text></mj-column></mj-section>\n",
    ),
    template("webhook", "thanks", "---\ntype: com.b.ordered\nfields: [first_name, event.order_id]\n---\n"),
  ];
  const event = {
    order_id: "W-1",
    total: 599_000,
    "products.name": ["Alma <boots>", "Rivage"],
    ready: Date.UTC(2026, 6, 1, 12, 30),
  };
  const request = { template: "thanks", language: "en", values: {}, event, zone: "Europe/Paris", links: {} };

  it("is shown as it was then: its number, its amount, its moment by the reader's clock, the names of its products", async () => {
    const renderer = await rendererOf(LAYOUT, ...ORDERED);
    expect(partsOf(renderer, { ...request, channel: "sms" }).parts).toMatchObject({ text: "W-1: €59.90 at 2:30 PM" });
    const { parts } = partsOf(renderer, { ...request, channel: "email" });
    expect(parts).toMatchObject({ subject: "Order W-1" });
    if (parts.is !== "email") throw new Error(parts.is);
    expect(parts.html).toContain("<b>Alma &lt;boots&gt;</b><b>Rivage</b>");
    expect(parts.text).toContain("Alma <boots>Rivage");
    expect(partsOf(renderer, { ...request, channel: "webhook" }).parts).toMatchObject({
      fields: { "event.order_id": "W-1" },
    });
  });

  it("and is not sent with a hole: what the event did not have is named", async () => {
    const renderer = await rendererOf(LAYOUT, ...ORDERED);
    const lacking = (channel: MessageRequest["channel"], language: string, given: MessageRequest["event"]) =>
      renderer.render({ ...request, channel, language, event: given });
    expect(lacking("sms", "fr", { order_id: "W-1" })).toMatchObject({ is: "rendered" });
    expect(lacking("sms", "en", { order_id: "W-1" })).toMatchObject({ field: "event.total", because: "unknown" });
    expect(lacking("email", "en", undefined)).toMatchObject({ field: "event.order_id", because: "unknown" });
    expect(lacking("email", "en", { order_id: "x".repeat(201) })).toMatchObject({ because: "too long" });
    expect(lacking("email", "en", { order_id: "see www.evil.example" })).toMatchObject({ field: "event.order_id" });
  });
});

describe("the example brand", () => {
  it("has a template for each channel of each trigger, and says each in both languages", async () => {
    const reading = await readRules(join(import.meta.dirname, "../../../rules").replace("/dist/", "/"));
    if (reading.is !== "sound") throw new Error(JSON.stringify(reading.problems));
    const renderer = createMessageRenderer(reading.messages);
    const values = {
      first_name: "Marie",
      card_points: 940,
      store_credit: 450_000,
      credit_until: Date.UTC(2027, 0, 15),
      fitting_at: Date.UTC(2026, 10, 29, 13, 30),
      signup_date: Date.UTC(2019, 10, 29),
    };
    expect(renderer.names.length).toBeGreaterThanOrEqual(27);
    const points = { points_earned: 54, points_reversed: 12, points_balance: 1_254 };
    for (const name of renderer.names) {
      const [channel, template = ""] = name.split("/");
      expect(CHANNELS).toContain(channel);
      for (const language of ["fr", "en"]) {
        const event = { order_id: "W-1", total: 599_000, "products.name": ["Alma boots"], ...points };
        const request = { channel: channel as MessageRequest["channel"], template, language, values, event, links: {} };
        expect(renderer.render(request), `${name} ${language}`).toMatchObject({ is: "rendered", language });
      }
    }
  });
});
