/**
 * How paths of the data plane are taken: a request becomes an exchange, whatever goes wrong in it ends that one request, and
 * all bodies under way share one budget. Who may send and what a path means is in the files that use this.
 */
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { createGuard } from "./guard.ts";
import type { FaultLog, Guard } from "./guard.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { BodyBudget } from "./http-exchange.ts";
import type { KeyRegistry } from "./keys.ts";
import { problemOf } from "./replies.ts";

/** One request, and what runs its parts. */
export interface Guarded {
  readonly exchange: HttpExchange;
  readonly guard: Guard;
}

export interface HttpRoutes {
  /** To be called at once, while the request can still be read. */
  open(response: HttpResponse, request: HttpRequest): Guarded;
  /**
   * Takes what is posted to a path, with its whole body, which is valid during the call only.
   * @param look at headers and parameters, which are gone once the body is here
   */
  post<Looked>(
    path: string,
    look: (request: HttpRequest) => Looked,
    take: (from: Guarded, body: Uint8Array, looked: Looked) => void,
  ): void;
}

export function createHttpRoutes(
  app: TemplatedApp,
  { keys, onFault }: { readonly keys: KeyRegistry; readonly onFault: FaultLog },
): HttpRoutes {
  const budget: BodyBudget = { heldBytes: 0 };
  const open = (response: HttpResponse, request: HttpRequest): Guarded => {
    const exchange = new HttpExchange(response, request, budget);
    const close = (): void => exchange.refuse(problemOf("fault"), { closes: true });
    if (exchange.origin !== undefined && keys.allowsOrigin(exchange.origin)) exchange.share();
    return { exchange, guard: createGuard("http", onFault, close) };
  };
  return {
    open,
    post: (path, look, take) =>
      void app.post(path, (response, request) => {
        const from = open(response, request);
        from.guard(() => {
          const looked = look(request);
          from.exchange.readBody((body) => from.guard(() => take(from, body, looked)));
        });
      }),
  };
}
