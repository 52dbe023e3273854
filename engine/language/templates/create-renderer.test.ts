import { valueForms } from "./value-forms.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRules } from "../check/check-rules.ts";
import { chooseLanguage, createRenderer } from "./create-renderer.ts";

const FIELDS = {
  path: "fields.yaml",
  text: "fields:\n  first_name: text\n  points: number\n  credit: {type: money, currency: EUR}\n  since: date\n  interests: list\n",
};

function template(name: string, text: string): { readonly path: string; readonly text: string } {
  return { path: `../templates/web/${name}.hbs`, text };
}

const greeting = template(
  "greeting",
  `---
en: {hello: "Hello {{first_name}} & all", points: points}
fr: {hello: "Bonjour {{first_name}} <3", points: points}
---
<h2 title="{{t.hello}}" data-name='{{first_name}}'>{{t.hello}}</h2>
{{#if points}}<p>{{number points}} {{t.points}}, {{money credit "EUR"}}, {{date since}}</p>{{/if}}
{{#each interests}}<i>{{this}}</i>{{/each}}
`,
);

function soundTemplate(): ReturnType<typeof createRenderer> {
  expect(checkRules([FIELDS, greeting]).problems).toEqual([]);
  return createRenderer([greeting]);
}

describe("a rendered template", () => {
  it("has its words in the language that is wanted, and values as that language writes them", () => {
    const values = { first_name: "Zoë", points: 12_345, credit: 250_000, since: Date.UTC(2026, 0, 31), interests: [] };
    const { render, languages } = soundTemplate();
    expect(languages).toEqual(["en", "fr"]);
    expect(render("greeting", "en", values)).toBe(
      `<h2 title="Hello Zoë &amp; all" data-name='Zoë'>Hello Zoë &amp; all</h2>\n<p>12,345 points, €25.00, January 31, 2026</p>\n`,
    );
    const french = render("greeting", "fr-CA", values)?.replaceAll(/[\u00a0\u202f]/g, " ");
    expect(french).toContain("Bonjour Zoë &lt;3</h2>\n<p>12 345 points, 25,00 €, 31 janvier 2026</p>");
  });

  it("says nothing of what is not known", () => {
    expect(soundTemplate().render("greeting", "en", undefined)).toContain(
      `<h2 title="Hello  &amp; all" data-name=''>Hello  &amp; all</h2>`,
    );
    expect(soundTemplate().render("other", "en", undefined)).toBeUndefined();
  });

  it("keeps every value a value, whatever it is", () => {
    const { render } = soundTemplate();
    const tags = (html: string): readonly string[] => html.match(/<[^>]*>/g) ?? [];
    const plain = tags(render("greeting", "en", { first_name: "x", interests: ["x"] }) ?? "").map((tag) =>
      tag.replace(/"[^"]*"|'[^']*'/g, ""),
    );
    const naughty = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", "{", "}", "`", "=", "/", "\\", "a", "\u0000") }),
      fc.constantFrom("<script>alert(1)</script>", `" onmouseover="x`, "' autofocus='", "{{first_name}}", "__proto__"),
    );
    fc.assert(
      fc.property(naughty, naughty, (name, interest) => {
        const html = render("greeting", "en", { first_name: name, interests: [interest] }) ?? "";
        const found = tags(html).map((tag) => tag.replace(/"[^"]*"|'[^']*'/g, ""));
        expect(found).toEqual(plain);
      }),
    );
  });

  it("writes an amount in the product's own currency, and in the template's where it has none", () => {
    const strip = template("strip", `---\nen: {}\n---\n{{#each products}}<p>{{money price "EUR"}}</p>{{/each}}`);
    const product = { id: "a", title: { "": "A" }, price: 100_000, reason: "", why: { basis: "new" } } as const;
    const products = [{ ...product, currency: "GBP" }, product];
    expect(createRenderer([strip]).render("strip", "en", undefined, products)).toBe("<p>£10.00</p><p>€10.00</p>");
  });

  it("reaches no prototype", () => {
    const own = template("own", "---\nen: {}\n---\n<p>{{constructor}}{{toString}}{{__proto__}}</p>");
    expect(createRenderer([own]).render("own", "en", { first_name: "Marie" })).toBe("<p></p>");
    expect(checkRules([FIELDS, own]).problems.map(({ code }) => code)).toEqual(Array(3).fill("unknown_name"));
  });
});

describe("a plan of content with templates", () => {
  it("says which fields of a profile come with a decision", () => {
    const content = { path: "content/top.yaml", text: "content: top\notherwise: greeting\n" };
    expect(checkRules([FIELDS, greeting, content]).plan?.shows).toEqual({
      greeting: ["credit", "first_name", "interests", "points", "since"],
    });
    expect(checkRules([FIELDS, content]).plan).not.toHaveProperty("shows");
  });
});

describe("the language of a page", () => {
  it.each([
    ["fr", ["en", "fr"], "fr"],
    ["fr-BE", ["en", "fr"], "fr"],
    ["FR-be", ["en", "fr", "fr-BE"], "fr-BE"],
    ["pt", ["en", "pt-BR"], "pt-BR"],
    ["de", ["en", "fr"], "en"],
  ])("%s of %j is %s", (wanted, languages, chosen) => {
    expect(chooseLanguage(wanted, languages)).toBe(chosen);
  });
});

it("times of day and percentages are written as the language does", () => {
  const { time, percent } = valueForms("en");
  const french = valueForms("fr");
  expect(time?.(34_200_000, undefined).replace(/\s/g, " ")).toBe("9:30 AM");
  expect(french["time"]?.(34_200_000, undefined)).toBe("09:30");
  expect(percent?.(12.5, undefined)).toBe("12.5%");
  expect(french["percent"]?.(12.5, undefined).replace(/\s/g, " ")).toBe("12,5 %");
  expect(percent?.(undefined, undefined)).toBe("");
});
