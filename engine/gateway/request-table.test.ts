import { expect, it } from "vitest";
import { RequestTable } from "./request-table.ts";
import { personOf, Routed } from "./routed.ts";

it("finds each request by the number of its last sending, however many there have been", () => {
  const table = new RequestTable(2 ** 33 - 4);
  const identifier = { kind: "anonymous", value: "a1" } as const;
  const requests = [0, 1, 2].map(() => {
    const place = { slot: table.nextSlot(), sinceMs: 0, flow: undefined };
    const request = new Routed(place, personOf(identifier), {
      asked: { is: "read", identifier, want: "profile" },
      done: undefined,
    });
    table.put(request);
    return request;
  });
  const seen = new Set<number>();
  for (let sending = 0; sending < 4; sending++)
    for (const request of requests) {
      const before = request.id;
      request.id = table.nextId(request);
      expect(Number.isSafeInteger(request.id)).toBe(true);
      seen.add(request.id);
      expect(table.find(request.id)).toBe(request);
      expect(table.find(before)).toBeUndefined();
    }
  expect(seen.size).toBe(12);
});
