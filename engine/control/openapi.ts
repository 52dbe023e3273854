/** The OpenAPI 3.1 description of the control plane, made from the table of routes and the schemas that answers obey. */
import type { TSchema } from "typebox";
import { ROUTES } from "./routes.ts";
import type { Route } from "./routes.ts";
import { ProblemSchema } from "./port.ts";

export function describeControlPlane() {
  return {
    openapi: "3.1.0",
    info: {
      title: "Vif control plane",
      version: "1",
      description: "Reports and administration of one Vif node. For operators: it listens apart from the events' port.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "VIF_CONTROL_TOKEN, or the one made in the data folder" },
      },
    },
    security: [{ token: [] }],
    paths: Object.fromEntries(
      ROUTES.map((route) => [route.path, { [route.method.toLowerCase()]: operationOf(route) }]),
    ),
  };
}

/** As kept in the tree. */
export function renderControlOpenApi(): string {
  return `${JSON.stringify(describeControlPlane(), undefined, 2)}\n`;
}

function operationOf({ operation, summary, description, answer }: Route) {
  return {
    operationId: operation,
    summary,
    description,
    responses: {
      "200": { description: "Done.", content: contentOf(answer) },
      "401": { description: "The token is missing or wrong.", content: contentOf(ProblemSchema) },
      "503": {
        description: "The history or the store is away: repeat after the given delay.",
        headers: { "Retry-After": { schema: { type: "integer" }, description: "seconds" } },
        content: contentOf(ProblemSchema),
      },
    },
  };
}

function contentOf(schema: TSchema) {
  return { "application/json": { schema } };
}
