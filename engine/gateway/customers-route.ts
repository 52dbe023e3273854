/**
 * `GET /v1/customers?q=`: who a till or a server may mean, as it types. A secret key is wanted: a browser learns of nobody.
 * Kept off the events' way: at most so many searches at once, the rest is told to come again.
 */
import type { TemplatedApp } from "uWebSockets.js";
import { busyRetryAfterMs, searchCharsMax, searchesMax } from "../limits.ts";
import type { FaultLog } from "./guard.ts";
import { createGuard } from "./guard.ts";
import { HttpExchange } from "./http-exchange.ts";
import { basicKey } from "./keys.ts";
import type { KeyRegistry } from "./keys.ts";
import { addReadPath } from "./read-path.ts";
import { problemOf } from "./replies.ts";
import { isProblem } from "./wire-validators.ts";

/** Finds people by what was typed; the text of the answer's `customers`. Rejects when history is away. */
export type CustomerSearch = (typed: string) => Promise<readonly object[]>;

export interface CustomersOptions {
  readonly keys: KeyRegistry;
  readonly search: CustomerSearch;
  readonly onFault: FaultLog;
}

export function addCustomers(app: TemplatedApp, { keys, search, onFault }: CustomersOptions): void {
  let searching = 0;
  addReadPath(app, "/v1/customers", (response, request) => {
    const typed = request.getQuery("q") ?? "";
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    const guard = createGuard("http", onFault, () => exchange.refuse(problemOf("fault"), { closes: true }));
    guard(() => {
      const access = keys.authenticate(basicKey(exchange.authorization), exchange.origin);
      if (isProblem(access)) return exchange.refuse(access);
      if (!access.trusted)
        return exchange.refuse(problemOf("bad_key", undefined, "A till's or a server's key is wanted here."));
      if (typed.trim() === "" || typed.length > searchCharsMax)
        return exchange.refuse(problemOf("invalid_field", "/q", `/q must have 1 to ${searchCharsMax} characters.`));
      if (searching >= searchesMax) return exchange.refuse(problemOf("busy"), { retryAfterMs: busyRetryAfterMs });
      searching++;
      search(typed).then(
        (customers) => {
          searching--;
          exchange.send(200, JSON.stringify({ success: true, customers }));
        },
        () => {
          searching--;
          exchange.refuse(problemOf("busy"), { retryAfterMs: busyRetryAfterMs });
        },
      );
    });
  });
}
