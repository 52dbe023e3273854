/**
 * Brings each reading of the rule files into force: puts a sound plan into the store, makes it current and has this node's
 * workers load it; other nodes follow the store. A set with a mistake in it is told and changes nothing. Readings are worked
 * off one after the other.
 */
import type { MessageTemplates, RuleFile, RuleProblem } from "../language/port.ts";
import { deployAgainMs } from "../limits-of-rules.ts";
import { SetupError, StoreUnavailable } from "../model/errors.ts";
import type { Instant, NodeId, PlanDigest } from "../model/ids.ts";
import { type RuleCounts, ruleCountsText } from "../model/rule-counts.ts";
import { parseSteering, withFolder, withPlan } from "../model/steering.ts";
import type { Plans } from "../store/port.ts";
import { steer } from "./plan-steering.ts";

/** What a reader of the rules folder says; see the language room. */
export type RulesReading =
  | (RuleCounts & {
      readonly is: "sound";
      readonly bytes: Uint8Array;
      readonly digest: PlanDigest;
      readonly templates: readonly RuleFile[];
      readonly messages: MessageTemplates;
    })
  | { readonly is: "refused"; readonly problems: readonly RuleProblem[] };

export interface FirstRules {
  readonly plan: PlanDigest;
  /** Of the files; undefined when they have mistakes, and the plan that the store has goes on. */
  readonly counts: RuleCounts | undefined;
}

export interface RulesDeployerOptions {
  readonly folder: string;
  readonly node: NodeId;
  readonly now: () => Instant;
  /** The rules are read while the store opens; a store that cannot be opened is told as `first`. */
  readonly plans: Promise<Plans>;
  /** Problems as a person reads them; one of them in one line. */
  readonly render: (problems: readonly RuleProblem[]) => string;
  readonly renderLine: (problem: RuleProblem) => string;
  /** Has this node's workers load the plan; not called for the first one. */
  readonly activate: (plan: PlanDigest) => Promise<void>;
  /** A sound set of rules is in the store, with its templates; its plan is not in force yet. */
  readonly onSound: (reading: Extract<RulesReading, { is: "sound" }>) => void;
  /** After a while. */
  readonly later: (delayMs: number) => Promise<void>;
  readonly onNote: (note: string) => void;
}

/** Of files that are not loaded for their mistakes, while an older plan decides. */
export interface RulesTrouble {
  readonly problems: number;
  /** The first of them, with its place. */
  readonly first: string;
}

export interface RulesDeployer {
  /** A reading has come, the first one included. */
  read(reading: RulesReading): void;
  /** The folder could not be read. */
  fail(cause: Error): void;
  /**
   * The plan to start with: of the files, or else the one that the store has, for a mistake in a file must not keep events
   * out. Rejects with SetupError when there is neither, with StoreUnavailable when the store is away.
   */
  readonly first: Promise<FirstRules>;
  /** undefined: the files are sound. */
  trouble(): RulesTrouble | undefined;
}

export function createRulesDeployer(options: RulesDeployerOptions): RulesDeployer {
  const { folder, node, render, activate, onSound, later, onNote } = options;
  let settle: ((first: FirstRules) => void) | undefined;
  let reject: ((cause: Error) => void) | undefined;
  const first = new Promise<FirstRules>((resolve, refuse) => {
    settle = resolve;
    reject = refuse;
  });
  let last: Promise<void> = Promise.resolve();

  async function deployFirst(reading: RulesReading): Promise<void> {
    if (reading.is === "sound") {
      onSound(reading);
      const kept = await keptPlan(reading.digest);
      if (kept !== undefined) {
        onNote(
          `plan ${kept.slice(0, 8)} goes on, to which somebody has gone back since the rules in ${folder} were saved`,
        );
        return settle?.({ plan: kept, counts: undefined });
      }
      await makeCurrent(reading);
      await recordOf(reading.digest);
      return settle?.({ plan: reading.digest, counts: reading });
    }
    const plans = await options.plans;
    const current = await plans.current();
    const text = render(reading.problems);
    if (current === undefined)
      return reject?.(
        new SetupError(`The rules in ${folder} have mistakes:\n${text}`, "Correct the files named above."),
      );
    onNote(`the rules have mistakes and are not loaded; those that the store has go on:\n${text}`);
    settle?.({ plan: current, counts: undefined });
  }

  async function deploy(reading: RulesReading): Promise<void> {
    if (reading.is === "refused")
      return onNote(`the rules have mistakes and are not loaded; those in force go on:\n${render(reading.problems)}`);
    const { digest } = reading;
    await makeCurrent(reading);
    onSound(reading);
    await recordOf(digest);
    await activate(digest);
    onNote(`rules ${digest.slice(0, 8)} are in force: ${ruleCountsText(reading)}`);
  }

  /** A store that is away is waited for, unless other files that are sound are read meanwhile. */
  async function deployInTime(reading: RulesReading): Promise<void> {
    let isTold = false;
    do
      try {
        return await deploy(reading);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (!isTold) onNote(`rules: ${error.message}; those in force stay until the store takes the new ones`);
        isTold = true;
        await later(deployAgainMs);
      }
    while (reading === latestSound);
  }

  /** The plan in force, where these files are no news: this node had read them when another plan was chosen. */
  async function keptPlan(digest: PlanDigest): Promise<PlanDigest | undefined> {
    const plans = await options.plans;
    const current = await plans.current();
    const { folders } = parseSteering(await plans.steering());
    return current !== digest && folders[node] === digest ? current : undefined;
  }

  async function makeCurrent({ digest, bytes }: Extract<RulesReading, { is: "sound" }>): Promise<void> {
    const plans = await options.plans;
    if ((await plans.current()) === digest) return;
    await plans.put(digest, bytes);
    await plans.setCurrent(digest);
  }

  /** Of what plan is in force why it is. */
  async function recordOf(digest: PlanDigest): Promise<void> {
    const plans = await options.plans;
    const entry = { plan: digest, since: options.now(), node, because: "files" } as const;
    await steer(plans, (before) => withFolder(withPlan(before, entry), node, digest));
  }

  let latestSound: RulesReading | undefined;
  let isFirst = true;
  let trouble: RulesTrouble | undefined;
  return {
    first,
    trouble: () => trouble,
    read(reading) {
      trouble = troubleOf(reading, options);
      if (reading.is === "sound") latestSound = reading;
      const work = isFirst ? deployFirst : deployInTime;
      isFirst = false;
      last = last
        .then(() => work(reading))
        .catch((error: Error) => {
          if (work === deployFirst) reject?.(error);
          else onNote(`rules: ${error.message}; those in force stay`);
        });
    },
    fail(cause) {
      const remedy = "Set VIF_RULES to the folder of the brand's rules, or make it.";
      if (isFirst) reject?.(new SetupError(`The rules folder ${folder} cannot be read: ${cause.message}`, remedy));
      else onNote(`rules: ${cause.message}; those in force stay`);
    },
  };
}

function troubleOf(
  reading: RulesReading,
  { renderLine }: Pick<RulesDeployerOptions, "renderLine">,
): RulesTrouble | undefined {
  if (reading.is === "sound") return undefined;
  const [first] = reading.problems;
  return { problems: reading.problems.length, first: first === undefined ? "" : renderLine(first) };
}
