/** Hostile texts from everywhere, for tests: the Big List of Naughty Strings, or why it cannot be had. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Calls of every type, each with a text in the field that is named: all fields that a sender writes texts in. */
export function callsWith(text: string): readonly { readonly field: string; readonly call: Record<string, unknown> }[] {
  const every = ["messageId", "anonymousId", "userId", "timestamp", "originalTimestamp", "sentAt", "identityToken"];
  const track = { type: "track", event: "Product Viewed" };
  const calls = [
    ...["type", "event", ...every].map((field) => ({ field, call: track })),
    ...["name", "category"].flatMap((field) => ["page", "screen"].map((type) => ({ field, call: { type } }))),
    { field: "groupId", call: { type: "group" } },
    { field: "previousId", call: { type: "alias", userId: "u1" } },
  ];
  return calls.map(({ field, call }, n) => ({
    field,
    call: { messageId: `m${n}`, anonymousId: "a1", ...call, [field]: text },
  }));
}

const path = join(process.env.VIF_TEST_DATA ?? "../shared/data", "suites/naughty-strings/blns.json");

export const naughtyStringsMissing = existsSync(path) ? undefined : `no file ${path}: set VIF_TEST_DATA`;

export function readNaughtyStrings(): readonly string[] {
  return naughtyStringsMissing === undefined ? (JSON.parse(readFileSync(path, "utf8")) as string[]) : [];
}
