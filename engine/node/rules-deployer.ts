/**
 * From the brand's rule files to the plan that shards decide with: reads and checks the whole folder, puts the plan into the
 * store, makes it current, and has this node's workers load it; other nodes follow the store. A set with a mistake in it is
 * told and changes nothing.
 */
import { checkRules, digestPlan, encodePlan, readRulesFolder, renderProblems } from "../language/port.ts";
import { SetupError } from "../model/errors.ts";
import type { PlanDigest } from "../model/ids.ts";
import type { Plans } from "../store/port.ts";

export interface DeployedRules {
  readonly digest: PlanDigest;
  readonly segments: number;
  readonly contents: number;
}

export type Deployment =
  | { readonly is: "deployed"; readonly rules: DeployedRules }
  /** `text`: every problem with its place, as a person reads it. */
  | { readonly is: "refused"; readonly text: string };

/** Rejects with SetupError when the folder cannot be read, with StoreUnavailable when the store is away. */
export async function deployRules(folder: string, plans: Plans): Promise<Deployment> {
  const { plan, problems } = checkRules(await readRulesFolder(folder));
  if (plan === undefined) {
    const text = renderProblems(problems, { colour: process.stderr.isTTY === true, pathPrefix: `${folder}/` });
    return { is: "refused", text };
  }
  const bytes = encodePlan(plan);
  const digest = digestPlan(bytes);
  if ((await plans.current()) !== digest) {
    await plans.put(digest, bytes);
    await plans.setCurrent(digest);
  }
  return { is: "deployed", rules: { digest, segments: plan.segments.length, contents: plan.contents.length } };
}

/**
 * The plan to start with: of the files, or else the one that the store has, for a mistake in a file must not keep events
 * out.
 * @throws SetupError when there is neither
 */
export async function deployFirstRules(
  folder: string,
  plans: Plans,
  onRefused: (text: string) => void,
): Promise<DeployedRules | PlanDigest> {
  const deployment = await deployRules(folder, plans);
  if (deployment.is === "deployed") return deployment.rules;
  const current = await plans.current();
  if (current === undefined)
    throw new SetupError(`The rules in ${folder} have mistakes:\n${deployment.text}`, "Correct the files named above.");
  onRefused(deployment.text);
  return current;
}
