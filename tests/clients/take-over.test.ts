/** Who logs in by a browser's key on a running engine, and whose past becomes theirs by it. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { signIdentityToken } from "../../engine/gateway/identity-token.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { SERVER_KEY } from "../support/engine-process.ts";

const BROWSER_KEY = "example-write-key";
const engine = await createEngineOfFile("take-over");

interface Said {
  readonly visitorToken?: string;
  readonly decisions?: readonly { readonly content: string; readonly show: string }[];
}

async function post(path: string, body: object, key = BROWSER_KEY): Promise<Said> {
  const response = await fetch(`http://127.0.0.1:${engine.port}${path}`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` },
    body: JSON.stringify({ messageId: randomUUID(), ...body }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Said;
}

/** Three shoes looked at change the hero: so its decision tells whose past it is. */
async function browse(anonymousId: string): Promise<string> {
  let token: string | undefined;
  for (let view = 0; view < 3; view++) {
    const said = await post("/v1/track", {
      anonymousId,
      event: "Product Viewed",
      properties: { category: "shoes", product_id: `shoe-${view}` },
    });
    token ??= said.visitorToken;
  }
  if (token === undefined) throw new Error("the first event brought no visitor token");
  return token;
}

async function shown(whom: object): Promise<string> {
  const { decisions = [] } = await post("/v1/decide", whom, SERVER_KEY);
  return decisions.map(({ content, show }) => `${content} ${show}`).join(", ");
}

const logIn = (anonymousId: string, userId: string, more: object = {}) =>
  post("/v1/identify", { anonymousId, userId, identityToken: signIdentityToken(SERVER_KEY, { userId }), ...more });

it("a customer who names somebody else's visitor gets nothing of them, and changes nothing of theirs", async () => {
  await browse("victim");
  const before = await shown({ anonymousId: "victim" });
  const nobody = await shown({ userId: "nobody" });
  expect(before).not.toBe(nobody);
  const attackers = await browse("attacker-visitor");
  await logIn("victim", "attacker");
  await logIn("victim", "attacker", { visitorToken: attackers });
  await logIn("victim", "attacker", { traits: { tier: "gold" } });
  expect(await shown({ userId: "attacker" })).toBe(nobody);
  expect(await shown({ anonymousId: "victim" })).toBe(before);
});

it("a customer who shows the visitor's token takes the past of it along", async () => {
  const token = await browse("own-visitor");
  const before = await shown({ anonymousId: "own-visitor" });
  await logIn("own-visitor", "customer", { visitorToken: token });
  await expect.poll(() => shown({ userId: "customer" })).toBe(before);
});

it("the brand's server joins the two for libraries that know no visitor token", async () => {
  await browse("library-visitor");
  const before = await shown({ anonymousId: "library-visitor" });
  await post("/v1/identify", { anonymousId: "library-visitor", userId: "of-library" }, SERVER_KEY);
  await expect.poll(() => shown({ userId: "of-library" })).toBe(before);
});
