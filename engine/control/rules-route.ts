/**
 * `POST /v1/check` and `POST /v1/test`: rule files, those that come along or those of this node's folder, checked, told in
 * plain words and tested, without being put in force.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { JudgedRules, RulesQuestion } from "../backtest/port.ts";
import { judgeMsMax, triedBodyBytesMax } from "../limits.ts";
import { SetupError } from "../model/errors.ts";
import { sendProblem } from "./login-routes.ts";
import { createBodyReader } from "./question-reader.ts";
import { isRefusal, refusal, type Refusal } from "./refusal.ts";
import { type Checked, CheckRequestSchema, type Tested, TestRequestSchema } from "./rules-port.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export interface RulesQuestions {
  /** Rejects with SetupError when the folder cannot be read. @param rules undefined: of this node's folder */
  judge(
    question: Pick<RulesQuestion, "tests"> & { readonly rules: Exclude<RulesQuestion["rules"], string> | undefined },
  ): Promise<JudgedRules | "late">;
}

export function addRulesRoutes(
  server: FastifyInstance,
  { judge }: RulesQuestions,
  { onRequest }: Pick<StreamedRouteOptions, "onRequest">,
): void {
  const readCheck = createBodyReader(CheckRequestSchema);
  const readTest = createBodyReader(TestRequestSchema);
  const options = { onRequest, bodyLimit: triedBodyBytesMax };

  async function judged(question: Parameters<RulesQuestions["judge"]>[0]): Promise<JudgedRules | Refusal> {
    try {
      const found = await judge(question);
      return found === "late"
        ? refusal("not_done", `It took longer than ${judgeMsMax / 1_000} seconds: a test that never ends, mostly.`)
        : found;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      return refusal("not_done", `${error.message}: ${error.remedy}.`);
    }
  }

  server.post("/v1/check", options, async (request, reply) => {
    const asked = readCheck(bodyOf(request.body));
    const found = isRefusal(asked) ? asked : await judged({ rules: asked.rules });
    return answer(reply, isRefusal(found) ? found : checkedOf(found));
  });
  server.post("/v1/test", options, async (request, reply) => {
    const asked = readTest(bodyOf(request.body));
    const found = isRefusal(asked) ? asked : await judged({ rules: asked.rules, tests: asked.name ?? "" });
    return answer(reply, isRefusal(found) ? found : testedOf(found));
  });
}

/** Nothing is asked by an empty one. */
function bodyOf(body: unknown): unknown {
  return body === undefined || body === "" ? "{}" : body;
}

function answer(reply: FastifyReply, told: Checked | Tested | Refusal): FastifyReply {
  if (isRefusal(told)) return sendProblem(reply, told.refused, told.message);
  return reply.header("cache-control", "no-store").send(told);
}

function checkedOf(judged: JudgedRules): Checked {
  const { sound, files } = judged;
  const problems = judged.problems.map((problem) => ({ ...problem }));
  if (!judged.sound) return { sound, files, problems, notices: [], rules: [] };
  const { digest, counts, notices, rules } = judged;
  return {
    sound,
    files,
    problems,
    digest,
    ...counts,
    notices: notices.map((notice) => ({ ...notice })),
    rules: rules.map(({ kind, name, path, title, lines, reads, readBy }) => ({
      kind,
      name,
      ...(path !== undefined && { path }),
      title: { ...title },
      lines: [...lines],
      reads: [...reads],
      readBy: [...readBy],
    })),
  };
}

function testedOf(judged: JudgedRules): Tested {
  const { sound, files } = judged;
  const tests = judged.sound ? judged.tests.map((test) => ({ ...test, expectations: [...test.expectations] })) : [];
  const failed = tests.filter(({ passed }) => !passed).length;
  return {
    sound,
    files,
    problems: judged.problems.map((problem) => ({ ...problem })),
    passed: tests.length - failed,
    failed,
    tests,
  };
}
