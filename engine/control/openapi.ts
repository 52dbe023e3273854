/** The OpenAPI 3.1 description of the control plane, made from the table of routes and the schemas that answers obey. */
import { BackedUpSchema, BackupRequestSchema } from "./backup-port.ts";
import { NightStepQuerySchema, RetainedSchema, ScoredSchema } from "./night-steps-port.ts";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { FiguresSchema, LiveEntrySchema, LiveQuery } from "./live-port.ts";
import {
  NightProgressSchema,
  NightQuerySchema,
  NightSchema,
  NightStepBegunSchema,
  ReconcileQuerySchema,
} from "./nights-port.ts";
import { ImportedSchema, JobAnswerSchema, JobProgressSchema, JobRequestSchema } from "./recommend-port.ts";
import { ROUTES } from "./routes.ts";
import { CheckedSchema, CheckRequestSchema, TestedSchema, TestRequestSchema } from "./rules-port.ts";
import type { Route } from "./routes.ts";
import { ProblemSchema } from "./port.ts";
import { TryProgressSchema, TryReportSchema, TryRequestSchema } from "./try-port.ts";

export function describeControlPlane() {
  return {
    openapi: "3.1.0",
    info: {
      title: "Vif control plane",
      version: "1",
      description:
        "Reports and administration of one Vif node: all that the `vif` command asks of an engine. For operators: it listens apart from the events' port. What is sent, receipts that `vif replay` reads from a file among it, goes to that port, described there.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "VIF_CONTROL_TOKEN, or the one made in the data folder" },
        session: { type: "apiKey", in: "cookie", name: "vif_session", description: "A page that has logged in" },
      },
    },
    security: [{ token: [] }, { session: [] }],
    paths: {
      ...Object.fromEntries(ROUTES.map((route) => [route.path, { [route.method.toLowerCase()]: operationOf(route) }])),
      ...OTHER_PATHS,
    },
  };
}

/** As kept in the tree. */
export function renderControlOpenApi(): string {
  return `${JSON.stringify(describeControlPlane(), undefined, 2)}\n`;
}

const unauthorised = { "401": { description: "The token is missing or wrong.", content: contentOf(ProblemSchema) } };
const judging = {
  "400": { description: "The body is not understood.", content: contentOf(ProblemSchema) },
  "409": { description: "The folder cannot be read, or a test never ends.", content: contentOf(ProblemSchema) },
};
const forPages = {
  name: "x-vif-page",
  in: "header",
  required: true,
  description: "Any value: proves that the page is this server's own.",
  schema: { type: "string" },
};

/** Those that do not answer with one value: logging in, the feed, and a rule that is tried. */
const OTHER_PATHS = {
  "/schemas/{kind}.schema.json": {
    get: {
      operationId: "ruleSchema",
      summary: "JSON Schema of one kind of rule file, for editors",
      description: "For a line `# yaml-language-server: $schema=...` at the head of a file.",
      security: [],
      parameters: [
        {
          name: "kind",
          in: "path",
          required: true,
          description: "What the file declares: `segment`, `content`, `fields` and so on.",
          schema: { type: "string" },
        },
      ],
      responses: {
        "200": { description: "The schema.", content: contentOf(Type.Object({})) },
        "404": { description: "There is no such kind of file.", content: contentOf(ProblemSchema) },
      },
    },
  },
  "/v1/live": {
    get: {
      operationId: "live",
      summary: "What happens on this node, as it happens",
      description:
        "Server-sent events without end: `figures` each second, and `entries` with a bounded sample of events, segment changes and decisions; `skipped` says how many were left out.",
      parameters: parametersOf(LiveQuery),
      responses: {
        "200": {
          description: "The data of each event.",
          content: {
            "text/event-stream": {
              schema: Type.Union([
                FiguresSchema,
                Type.Object({ entries: Type.Array(LiveEntrySchema), skipped: Type.Integer() }, { title: "entries" }),
              ]),
            },
          },
        },
        ...unauthorised,
      },
    },
  },
  "/v1/try": {
    post: {
      operationId: "try",
      summary: "What a rule would have done over the past, without doing it",
      description:
        "Server-sent events: `progress` while people live through their events again, then `report`, or `problem`. By the rules in force, or by rule files that come along.",
      requestBody: { required: true, content: contentOf(TryRequestSchema) },
      responses: {
        "200": {
          description: "The data of each event.",
          content: {
            "text/event-stream": { schema: Type.Union([TryProgressSchema, TryReportSchema, ProblemSchema]) },
          },
        },
        "400": { description: "The request, or a rule that came along, is wrong.", content: contentOf(ProblemSchema) },
        "404": { description: "There is no rule of that name.", content: contentOf(ProblemSchema) },
        ...unauthorised,
      },
    },
  },
  "/v1/check": {
    post: {
      operationId: "check",
      summary: "What is wrong with rule files, and what they say in plain words",
      description:
        "Files that come along, or those of this node's folder as they lie there now; nothing of it is put in force. An empty body asks of the folder.",
      requestBody: { content: contentOf(CheckRequestSchema) },
      responses: { "200": { description: "Checked.", content: contentOf(CheckedSchema) }, ...judging, ...unauthorised },
    },
  },
  "/v1/test": {
    post: {
      operationId: "test",
      summary: "Whether the tests of rule files hold",
      description: "Of the same files. Each test has a person and a time of its own; nothing is sent or changed.",
      requestBody: { content: contentOf(TestRequestSchema) },
      responses: { "200": { description: "Tested.", content: contentOf(TestedSchema) }, ...judging, ...unauthorised },
    },
  },
  "/v1/reconcile": {
    post: {
      operationId: "reconcile",
      summary: "Compare live with history now, and put right what differs",
      description:
        "Told as server-sent events: `waiting` while another node or run is at it, `progress` while it goes on, then `report`, or `problem` when history or store go away. Who leaves earlier ends it; it may be begun anew at any time.",
      parameters: parametersOf(ReconcileQuerySchema),
      responses: {
        "200": {
          description: "Told as it goes on.",
          content: {
            "text/event-stream": { schema: Type.Union([NightProgressSchema, NightSchema, ProblemSchema]) },
          },
        },
        ...unauthorised,
      },
    },
  },
  "/v1/night": {
    post: {
      operationId: "night",
      summary: "Do a whole night now: compare, then all that is done behind it",
      description:
        "As a night by itself (VIF_NIGHT): what differs is put right, what is too old goes, scores are worked out, recommendations learned. Server-sent events: `waiting` while another node or run is at it, `progress` while it compares, `step` as each step behind it begins, then `report`, or `problem` when history or store go away. Who leaves earlier ends it; it may be begun anew at any time.",
      parameters: parametersOf(NightQuerySchema),
      responses: {
        "200": {
          description: "Told as it goes on.",
          content: {
            "text/event-stream": {
              schema: Type.Union([NightProgressSchema, NightStepBegunSchema, NightSchema, ProblemSchema]),
            },
          },
        },
        ...unauthorised,
      },
    },
  },
  "/v1/retain": nightStep("retain", "Remove what is too old to be kept, now", RetainedSchema),
  "/v1/rfm": nightStep(
    "score",
    "Work out recency, frequency and monetary value of all customers, and record those that have changed, now",
    ScoredSchema,
  ),
  "/v1/backup": {
    post: {
      operationId: "backUp",
      summary: "All of history into a folder, while everything goes on",
      description:
        "Of an embedded history; PostgreSQL is backed up by its own means. Server-sent events: `report` at the end, or `problem` when history goes away or the disk is full; then nothing is left of it.",
      requestBody: { required: true, content: contentOf(BackupRequestSchema) },
      responses: {
        "200": {
          description: "Told when it is done.",
          content: { "text/event-stream": { schema: Type.Union([BackedUpSchema, ProblemSchema]) } },
        },
        "400": { description: "The path is no whole one.", content: contentOf(ProblemSchema) },
        ...unauthorised,
      },
    },
  },
  "/v1/recommend": {
    post: {
      operationId: "recommend",
      summary: "Learn what products are recommended by; judge the models; write lists for every customer",
      description:
        "One job at a time. Server-sent events: `progress`, then `report`, or `problem`. Who leaves earlier ends it.",
      requestBody: { required: true, content: contentOf(JobRequestSchema) },
      responses: {
        "200": {
          description: "Told as it goes on.",
          content: {
            "text/event-stream": { schema: Type.Union([JobProgressSchema, JobAnswerSchema, ProblemSchema]) },
          },
        },
        "400": { description: "The body is not understood.", content: contentOf(ProblemSchema) },
        ...unauthorised,
      },
    },
  },
  "/v1/products": {
    post: {
      operationId: "importProducts",
      summary: "Take a file of products into the catalogue",
      description: "CSV or JSON lines, as it is. Lines that are none are told, and the rest is taken.",
      requestBody: {
        required: true,
        content: { "text/csv": { schema: { type: "string" } }, "application/x-ndjson": { schema: { type: "string" } } },
      },
      responses: {
        "200": { description: "What was taken, and what was not.", content: contentOf(ImportedSchema) },
        ...unauthorised,
      },
    },
  },
  "/v1/links": {
    post: {
      operationId: "createLink",
      summary: "An address of the overview page that logs one browser in, once",
      responses: {
        "200": { description: "Done.", content: contentOf(Type.Object({ url: Type.String() })) },
        ...unauthorised,
      },
    },
  },
  "/v1/login": {
    post: {
      operationId: "login",
      summary: "Log a page in, by a ticket or the token",
      security: [],
      parameters: [forPages],
      requestBody: {
        required: true,
        content: contentOf(Type.Union([Type.Object({ ticket: Type.String() }), Type.Object({ token: Type.String() })])),
      },
      responses: {
        "200": { description: "A cookie is set.", content: contentOf(Type.Object({ loggedIn: Type.Literal(true) })) },
        ...unauthorised,
        "429": { description: "Too many wrong tries: wait a minute.", content: contentOf(ProblemSchema) },
      },
    },
  },
  "/v1/session": {
    get: {
      operationId: "session",
      summary: "Whether the asking page is logged in",
      security: [],
      responses: { "200": { description: "Told.", content: contentOf(Type.Object({ loggedIn: Type.Boolean() })) } },
    },
  },
  "/v1/logout": {
    post: {
      operationId: "logout",
      summary: "Log a page out",
      security: [],
      parameters: [forPages],
      responses: {
        "200": { description: "Done.", content: contentOf(Type.Object({ loggedIn: Type.Literal(false) })) },
      },
    },
  },
};

function nightStep(operationId: string, summary: string, report: TSchema) {
  return {
    post: {
      operationId,
      summary,
      description:
        "Told as server-sent events: `waiting` while a night is under way, then `report`, or `problem` when history or store go away. Who leaves earlier ends it; it may be begun anew at any time.",
      parameters: parametersOf(NightStepQuerySchema),
      responses: {
        "200": {
          description: "Told when it is done.",
          content: { "text/event-stream": { schema: Type.Union([report, ProblemSchema]) } },
        },
        ...unauthorised,
      },
    },
  };
}

function operationOf({ operation, summary, description, query, answer }: Route) {
  return {
    operationId: operation,
    summary,
    description,
    ...(query !== undefined && { parameters: parametersOf(query) }),
    responses: {
      "200": { description: "Done.", content: contentOf(answer) },
      ...(query !== undefined && {
        "400": { description: "The query is not understood.", content: contentOf(ProblemSchema) },
        "404": { description: "There is nobody, or no rule, of that name.", content: contentOf(ProblemSchema) },
      }),
      ...unauthorised,
      "503": {
        description: "The history or the store is away, or a shard is between owners: repeat after the given delay.",
        headers: { "Retry-After": { schema: { type: "integer" }, description: "seconds" } },
        content: contentOf(ProblemSchema),
      },
    },
  };
}

/** One a member of the query's schema. */
function parametersOf(query: TSchema) {
  const { properties, required } = query as unknown as {
    readonly properties: Readonly<Record<string, TSchema & { readonly description?: string }>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required?.includes(name) === true,
    ...(schema.description !== undefined && { description: schema.description }),
    schema,
  }));
}

function contentOf(schema: TSchema) {
  return { "application/json": { schema } };
}
