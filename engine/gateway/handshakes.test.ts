import { expect, it } from "vitest";
import { tillSkewMsMax } from "../limits.ts";
import { Handshakes } from "./handshakes.ts";

it("a handshake is taken once for as long as its time is honoured, and then forgotten", () => {
  const handshakes = new Handshakes();
  expect(handshakes.take("v1=ab", 1_000)).toBe(true);
  expect(handshakes.take("v1=AB", 2_000)).toBe(false);
  expect(handshakes.take("v1=cd", 2_000)).toBe(true);
  expect(handshakes.take("v1=ab", 999 + 2 * tillSkewMsMax)).toBe(false);
  expect(handshakes.take("v1=ab", 1_000 + 2 * tillSkewMsMax)).toBe(true);
});
