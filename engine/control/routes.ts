/**
 * The control plane's paths in one table: what is served and what openapi.ts describes cannot differ. Each names its
 * question to the engine; control-plane.ts adds the token, errors and bounds.
 */
import type { TSchema } from "typebox";
import { DrainedSchema, ReportSchema, StatusSchema } from "./port.ts";
import type { Report, Status } from "./port.ts";

/** What the engine answers; it knows nothing of HTTP. HistoryUnavailable and StoreUnavailable become 503. */
export interface ControlQuestions {
  report(): Promise<Report>;
  status(): Status | Promise<Status>;
  /** Resolves when all journals of this node are in history. */
  drain(): Promise<void>;
}

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly description: string;
  readonly answer: TSchema;
  ask(questions: ControlQuestions): unknown;
}

export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/report",
    operation: "report",
    summary: "Totals of the durable history",
    description: "Counts every event in history, so it takes its time on a large one; nothing else waits for it.",
    answer: ReportSchema,
    ask: (questions) => questions.report(),
  },
  {
    method: "GET",
    path: "/v1/status",
    operation: "status",
    summary: "This node: shards, positions, lags, rules",
    description: "Costs next to nothing; asked as often as one likes.",
    answer: StatusSchema,
    ask: (questions) => questions.status(),
  },
  {
    method: "POST",
    path: "/v1/drain",
    operation: "drain",
    summary: "Bring all that happened so far into history now",
    description:
      "Answers when it is done. History is drained every second anyway; this is for who wants to read it at once.",
    answer: DrainedSchema,
    ask: async (questions) => {
      await questions.drain();
      return { drained: true };
    },
  },
];
