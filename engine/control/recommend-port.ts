/** Jobs of recommendations and files of products, as the control plane is asked for them and tells them. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { recommendTopMax } from "../limits-of-recommending.ts";
import type { RecommendJob } from "../recommend/port.ts";
import { refusal, type Refusal } from "./refusal.ts";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const oneOf = <Name extends string>(...names: readonly Name[]) => Type.Union(names.map((name) => Type.Literal(name)));

export const JobRequestSchema = Type.Object(
  {
    job: oneOf("train", "evaluate", "all"),
    top: Type.Optional(
      Type.Integer({ minimum: 1, maximum: recommendTopMax, description: "products a customer; of evaluate and all" }),
    ),
    out: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4_096, description: "of all: a file on the engine's computer" }),
    ),
    format: Type.Optional(oneOf("csv", "ndjson", "parquet")),
  },
  closed,
);

/** What each job wants besides. */
export function jobOf({ job, top, out, format }: Static<typeof JobRequestSchema>): RecommendJob | Refusal {
  if (job === "train") return { job };
  if (top === undefined)
    return refusal("missing_field", `\`top\` is missing in the body: how many products ${job} is of.`);
  if (job === "evaluate") return { job, top };
  if (out === undefined || format === undefined)
    return refusal(
      "missing_field",
      "`out` and `format` are wanted in the body: the file that all writes, and its form.",
    );
  return { job, top, out, format };
}

export const JobProgressSchema = Type.Object(
  { step: Type.String(), done: Count("of it"), all: Count("of how many") },
  { ...closed, title: "progress" },
);

const learnedFrom = {
  events: Count("events read"),
  customers: Count("people they are of"),
  products: Count("products they are about"),
  programs: Count("left out as no people"),
  purchases: Count("purchases among them"),
};

export const JobAnswerSchema = Type.Union(
  [
    Type.Object({
      job: Type.Literal("train"),
      version: Type.String({ description: "of the model" }),
      kept: Type.Boolean({ description: "nothing was learned: the model that was in place stays" }),
      similarBy: Type.String({ description: "the form that is served" }),
      ...learnedFrom,
    }),
    Type.Object({
      job: Type.Literal("evaluate"),
      cut: Type.Integer({ description: "what came later is what is guessed; ms since 1970-01-01T00:00Z" }),
      top: Count("products a customer"),
      models: Type.Array(Type.Object({ model: Type.String() }, { description: "with each measure of it" })),
      best: Type.String({ description: "name of the best" }),
      serve: Type.String({ description: "the best of those that can be served" }),
      ...learnedFrom,
    }),
    Type.Object({
      job: Type.Literal("all"),
      out: Type.String({ description: "the file" }),
      rows: Count("rows of it"),
      ...learnedFrom,
    }),
  ],
  { title: "answer" },
);

export const ImportedSchema = Type.Object(
  {
    taken: Count("products that are in the catalogue now"),
    rejected: Type.Array(Type.Object({ line: Count("of the file"), reason: Type.String() }, closed)),
    repeated: Type.Array(Type.String(), { description: "ids that came more than once; the last of each was taken" }),
    full: Count("products for which the catalogue has no room"),
  },
  closed,
);
