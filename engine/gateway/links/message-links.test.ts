import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linkCharsMax } from "../../limits-of-delivery.ts";
import type { ProfileId } from "../../model/ids.ts";
import type { MessageId } from "../../model/trigger.ts";
import { createLinkMaker, createLinkReader, isWebAddress } from "./message-links.ts";
import type { LinkedMessage } from "./message-links.ts";
import { withTracking } from "./tracked-html.ts";

const SECRET = "a-secret-of-the-test";
const URL_OF = "https://vif.shop.example";
const NOW = Date.UTC(2026, 10, 28);
const maker = createLinkMaker({ secret: SECRET, url: URL_OF });
const reader = createLinkReader([SECRET]);
const MESSAGE: LinkedMessage = {
  profile: "0010199000000000000000aa" as ProfileId,
  message: "0123456789abcdef0123456789abcdef" as MessageId,
  channel: "email",
  category: "marketing",
  trigger: "cart-reminder",
};
const linkIn = (address: string | undefined): string => /\/[a-z]\/([^?]+)/.exec(address ?? "")?.[1] ?? "";
const { reference, links } = maker.linksOf(MESSAGE, NOW);
const made = {
  preferences: linkIn(links.preferences),
  unsubscribe: linkIn(links.unsubscribe),
  open: linkIn(maker.open(MESSAGE, NOW)),
};

describe("the links of a message", () => {
  it("say what they were made for", () => {
    expect(reader.preferences(made.preferences, NOW)).toEqual({ profile: MESSAGE.profile, expired: false });
    expect(reader.unsubscribe(made.unsubscribe, NOW)).toEqual({ ...MESSAGE, expired: false });
    expect(reader.open(made.open, NOW)).toEqual({ ...MESSAGE, expired: false });
    expect(reader.reference(reference)).toEqual({
      profile: MESSAGE.profile,
      message: MESSAGE.message,
      channel: "email",
    });
    expect(links.callback).toBe(`${URL_OF}/v1/callbacks/email/${reference}`);
    expect(reference).toMatch(/^[\w.-]{1,200}$/);
  });

  it("fit into their bound, with the longest names", () => {
    const name = "a".repeat(100);
    const long = maker.open({ ...MESSAGE, category: name, trigger: name }, NOW);
    expect(linkIn(long).length).toBeLessThan(linkCharsMax);
  });

  it("serve no other use than their own", () => {
    expect(reader.unsubscribe(made.preferences, NOW)).toBeUndefined();
    expect(reader.open(made.unsubscribe, NOW)).toBeUndefined();
    expect(reader.open(made.unsubscribe.replace(/^u/, "o"), NOW)).toBeUndefined();
    expect(reader.reference(made.open)).toBeUndefined();
  });

  it("are over after their time, and hold under a former secret", () => {
    expect(reader.unsubscribe(made.unsubscribe, NOW + 399 * 86_400_000)?.expired).toBe(false);
    expect(reader.unsubscribe(made.unsubscribe, NOW + 402 * 86_400_000)?.expired).toBe(true);
    expect(createLinkReader(["a-newer-secret-here", SECRET]).open(made.open, NOW)).toBeDefined();
    expect(createLinkReader(["a-newer-secret-here"]).open(made.open, NOW)).toBeUndefined();
  });

  it("are nobody's once a letter is changed, added or taken", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(made.open, made.unsubscribe),
        fc.nat(),
        fc.string({ maxLength: 3, unit: fc.constantFrom("A", "B", "a", "0", "-", "_", ".", "%", "/", " ", "é") }),
        fc.nat(2),
        (link, place, put, taken) => {
          const at = place % link.length;
          const changed = link.slice(0, at) + put + link.slice(at + taken);
          fc.pre(changed !== link);
          expect(reader.open(changed, NOW) ?? reader.unsubscribe(changed, NOW)).toBeUndefined();
        },
      ),
    );
  });

  it("cannot be made of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const link of [text, `o.${text}`, `${made.open}${text}x`, `${text}.${"A".repeat(22)}`])
          expect(reader.open(link, NOW)).toBeUndefined();
      }),
    );
  });
});

describe("a click", () => {
  const TO = "https://shop.example/shoes/?size=42&colour=r%C3%A9d#top";

  it("leads where it was signed for, and nowhere else", () => {
    const address = new URL(maker.click(MESSAGE, TO, NOW) ?? "");
    expect(address.searchParams.get("to")).toBe(TO);
    const link = linkIn(address.pathname);
    expect(reader.click(link, TO, NOW)).toMatchObject({ message: MESSAGE.message });
    for (const other of [`${TO}x`, "https://evil.example/", "", TO.toUpperCase()])
      expect(reader.click(link, other, NOW)).toBeUndefined();
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "/shoes",
    "https://",
    "https://shop.example@evil.example/",
    "https://shop.example/\r\nset-cookie: a=b",
    "ftp://shop.example/",
    `https://shop.example/${"x".repeat(3_000)}`,
    "",
  ])("is not made to %j", (to) => {
    expect(isWebAddress(to)).toBe(false);
    expect(maker.click(MESSAGE, to, NOW)).toBeUndefined();
  });
});

describe("an e-mail that is tracked", () => {
  const tracking = {
    open: maker.open(MESSAGE, NOW),
    click: (to: string) => maker.click(MESSAGE, to, NOW),
    own: URL_OF,
  };

  it("has every link of the web lead through the data plane, and a point at its end", () => {
    const html = `<body><a class="x" href="https://shop.example/?a=1&amp;b=2">Shoes</a> <a
 href="https://shop.example/two">Two</a><p>https://shop.example/text</p></body></html>`;
    const tracked = withTracking(html, tracking);
    const leads = [...tracked.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));
    expect(leads.map((href) => new URL(href).searchParams.get("to"))).toEqual([
      "https://shop.example/?a=1&b=2",
      "https://shop.example/two",
    ]);
    expect(tracked).toContain("<p>https://shop.example/text</p>");
    expect(tracked).toMatch(/<img src="[^"]+" width="1" height="1" alt="" style="[^"]+"><\/body><\/html>$/);
  });

  it("leaves alone what is no way into the web, and the ways out of the mails", () => {
    const html = `<a href="mailto:a@b.example">m</a><a href="#top">t</a><a href="${links.unsubscribe}">u</a><area href="https://x.example">`;
    expect(withTracking(html, tracking).startsWith(html)).toBe(true);
  });
});
