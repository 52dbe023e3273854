import { join } from "node:path";
import { expect, test } from "vitest";
import { nearestName } from "../model/nearest-name.ts";
import type { CallOutcome } from "../model/message.ts";
import type { RecommendedProduct } from "../model/recommendation.ts";
import type { TestMessage } from "./create-test-send.ts";
import type { EngineClient } from "./engine-client.ts";
import { createPreviewCommand } from "./preview-command.ts";
import { runVif } from "./run-vif.ts";
import { createStyle } from "./terminal.ts";

const RULES = join(import.meta.dirname, "../../rules").replace("/dist/rules", "/rules");

/** The recommendation whose products `cart-abandoned` goes through. */
const ofTheCart = "in-the-cart";
const STRIP: RecommendedProduct = {
  id: "hat",
  title: { en: "Felt hat", fr: "Chapeau de feutre" },
  price: 790_000,
  link: { "": "/shop/hat" },
  reason: "bought by many",
  why: { basis: "popular" },
};

let ordered: { readonly stopped: boolean; readonly pausedChannels: readonly string[] } | undefined;

/** What an engine says of one person and of what was ordered; of all others that it knows nobody. */
const client: EngineClient = {
  url: "http://127.0.0.1:1",
  ask: (_method, path, query) =>
    Promise.resolve(
      path === "/v1/plans" && ordered !== undefined
        ? { is: "answer", answer: ordered as never }
        : query?.["who"] === "marie@example.fr" && path === "/v1/strips"
          ? { is: "answer", answer: { strips: { [ofTheCart]: [STRIP] } } as never }
          : query?.["who"] === "marie@example.fr"
            ? {
                is: "answer",
                answer: {
                  attributes: [
                    { name: "first_name", value: "Marie" },
                    { name: "language", value: "fr" },
                    { name: "card_points", value: 1234 },
                    { name: "store_credit", value: 12.5 },
                    { name: "credit_until", value: "2027-01-15" },
                    { name: "fitting_at", value: "2026-11-29T13:30:00.000Z" },
                  ],
                } as never,
              }
            : { is: "no", code: "not_found", problem: "Nobody is known by that.", remedy: undefined },
    ),
  send: () => Promise.reject(new Error("nothing is sent here")),
  listen: () => Promise.reject(new Error("not asked for here")),
};

const OUTCOMES: Readonly<Record<string, CallOutcome>> = {
  "me@example.com": { is: "accepted", providerId: "1" },
  "+33612345678": { is: "rejected", reason: "bad_address", code: "21614" },
};

async function preview(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const opened: (readonly [string, string])[] = [];
  const sent: TestMessage[] = [];
  const command = createPreviewCommand({
    client: () => Promise.resolve(client),
    rulesDir: () => Promise.resolve(RULES),
    now: () => Date.UTC(2026, 10, 28),
    open: (name, html) => {
      opened.push([name, html]);
      return Promise.resolve(`/tmp/${name}.html`);
    },
    send: (message) => {
      sent.push(message);
      return Promise.resolve(OUTCOMES[message.address]);
    },
    nearest: nearestName,
  });
  const style = createStyle(false);
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    outStyle: style,
    errStyle: style,
    columns: undefined,
  };
  const code = await runVif(
    ["preview", ...args],
    { version: "1", groups: [{ title: "All", commands: [command] }], nearest: nearestName },
    terminal,
  );
  return { code, out: out.join("\n"), err: err.join("\n"), opened, sent };
}

test("a template is shown as a sample person gets it, in every channel that has it, with what an SMS costs", async () => {
  const { code, out, err } = await preview("cart-abandoned", "--language", "en");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("email, en\nSubject: Your cart has waited for you");
  expect(out).toContain("Camille, your cart has waited for you");
  expect(out).toMatch(/sms, en\n.*\n1 segment, \d+ units of GSM-7/);
  expect(out).toContain("{{1}} = Camille");
});

test("as somebody whom the engine knows, with their values as their language writes them", async () => {
  const { code, out } = await preview("credit-ends", "--as", "marie@example.fr");
  expect(code).toBe(0);
  expect(out.replaceAll(/[\u00a0\u202f]/g, " ")).toContain("Subject: Votre avoir de 12,50 € expire dans un mois");
  expect(out).toContain("15 janvier 2027");
});

test("with the products that they would be shown, and samples where nobody is named", async () => {
  const known = await preview("cart-abandoned", "--as", "marie@example.fr", "--channel=email");
  expect(known.out).toContain("Chapeau de feutre");
  const sample = await preview("cart-abandoned", "--channel=email", "--language=en");
  expect(sample.out).toContain("Rivage tote");
});

test("what cannot be said to somebody names the field, and ends with 1", async () => {
  const { code, out } = await preview("club-years", "--as", "marie@example.fr");
  expect(code).toBe(1);
  expect(out).toContain("This could not be sent: `signup_date` is not known.");
});

test("as JSON, for one channel", async () => {
  const { code, out } = await preview("cart-abandoned", "--channel", "sms", "--language=fr", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    template: "cart-abandoned",
    as: "a sample person",
    messages: [{ channel: "sms", rendered: { is: "rendered", language: "fr", parts: { segments: 1 } } }],
  });
});

test("--open shows markup in a browser, and says where it is", async () => {
  const { opened, err } = await preview("voucher-near", "--open");
  expect(opened.map(([name]) => name)).toEqual(["email-voucher-near"]);
  expect(opened[0]?.[1]).toMatch(/^<!doctype html>/);
  expect(err).toContain("/tmp/email-voucher-near.html");
  expect((await preview("fitting-tomorrow", "--channel", "sms", "--open")).err).toContain("nothing of it");
});

test("--to sends it to one address as a test, and says what came of it", async () => {
  const { code, err, sent } = await preview(
    "cart-abandoned",
    "--channel=email",
    "--language=en",
    "--to",
    "Me@Example.com",
  );
  expect({ code, err }).toEqual({ code: 0, err: "Sent to me@example.com by email, as a test." });
  expect(sent).toMatchObject([
    { channel: "email", address: "me@example.com", language: "en", template: "cart-abandoned", parts: { is: "email" } },
  ]);
  expect(sent[0]?.parts).toMatchObject({ subject: "[Test] Your cart has waited for you" });
});

test("--to says why it was not sent", async () => {
  expect(await preview("cart-abandoned", "--channel", "sms", "--to", "+33612345678")).toMatchObject({
    code: 1,
    err: "Not sent to +33612345678 by sms: rejected, bad_address, 21614.",
  });
  expect(await preview("cart-abandoned", "--channel", "sms", "--to", "+33600000000")).toMatchObject({
    code: 1,
    err: "Not sent: no provider is set for sms; see the settings in README.md.",
  });
});

test.each([
  [{ stopped: true, pausedChannels: [] }, "Not sent: all sends are stopped, until `vif sends start`."],
  [{ stopped: false, pausedChannels: ["sms"] }, "Not sent: sms is paused, until `vif resume --channel sms`."],
])("--to is held by what operators have ordered: %j", async (orders, err) => {
  ordered = orders;
  const told = await preview("cart-abandoned", "--channel", "sms", "--to", "+33612345678");
  ordered = undefined;
  expect(told).toMatchObject({ code: 1, err, sent: [] });
});

test("--to sends nothing that cannot be said, and nothing to where nobody has an address", async () => {
  const told = await preview("club-years", "--as", "marie@example.fr", "--channel", "email", "--to", "me@example.com");
  expect(told).toMatchObject({ code: 1, sent: [] });
  expect(await preview("screen-vip", "--channel", "loyalty", "--to", "x")).toMatchObject({ code: 2, sent: [] });
  expect(await preview("voucher-near", "--to", "me@example.com")).toMatchObject({ code: 2, sent: [] });
});

test.each([
  [["birthday-vouchr"], 1, 'There is no template "birthday-vouchr".\nDid you mean "birthday-voucher"?'],
  [["credit-ends", "--channel", "sms"], 1, 'There is no template "credit-ends" for sms.'],
  [["credit-ends", "--as", "nobody@example.fr"], 1, "Nobody is known by that."],
  [["credit-ends", "--channel", "fax"], 2, "fax is no channel."],
  [[], 2, "TEMPLATE is missing."],
] as const)("%j is answered with what is wrong", async (args, code, said) => {
  const answered = await preview(...args);
  expect(answered.code).toBe(code);
  expect(answered.err).toContain(said);
});
