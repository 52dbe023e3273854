/**
 * Rules by which a profile tells how many events it holds: each step of a visitor goes into one of several lanes, and a
 * content a lane shows the count as its choice. A lost event shows as one too few, a doubled one as one too many, each in
 * its own lane, so that the two cannot make up for each other unseen.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SERVER_KEY } from "./engine-process.ts";
import type { EngineProcess } from "./engine-process.ts";

/** Steps are dealt out to the lanes in turn. */
export const LANES = 8;
/** Highest count that is told exactly: twice what two visitors who become one person have in a lane, by doubling all. */
export const LANE_COUNT_MAX = 24;
/** By the Segment spec; `step_taken` in rules. */
export const STEP_EVENT = "Step Taken";
/** Everybody who has gone this far is in it, for good: it is entered once by a person. */
export const GONE_FAR_STEPS = 20;
export const GONE_FAR = "gone-far";

/** Writes a brand's rules folder. */
export function writeCountingRules(folder: string): void {
  const put = (path: string, lines: readonly string[]): void => {
    const file = join(folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `${lines.join("\n")}\n`);
  };
  put("fields.yaml", ["fields:", "  city: {type: text, sensitivity: internal}"]);
  put("events/step_taken.yaml", ["event: step_taken", "properties:", "  lane: number", "  filler: text"]);
  put(`segments/${GONE_FAR}.yaml`, [`segment: ${GONE_FAR}`, `when: count of step_taken >= ${GONE_FAR_STEPS}`]);
  for (let lane = 0; lane < LANES; lane++) {
    const choices = Array.from({ length: LANE_COUNT_MAX }, (_, index) => {
      const count = LANE_COUNT_MAX - index;
      return `  - {when: 'count of step_taken where (lane = ${lane}) >= ${count}', show: counted-${count}}`;
    });
    put(`content/lane-${lane}.yaml`, [`content: lane-${lane}`, "first of:", ...choices, "otherwise: counted-0"]);
  }
}

/** How many steps a profile holds, by lane. */
export type LaneCounts = readonly number[];

export interface Person {
  readonly anonymousId?: string;
  readonly userId?: string;
}

/** Reads a person's profile by what is decided for it; somebody unknown has no steps. */
export async function readLaneCounts(
  engine: Pick<EngineProcess, "port">,
  person: Person,
): Promise<LaneCounts | "busy"> {
  const response = await fetch(`http://127.0.0.1:${engine.port}/v1/decide`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}`,
    },
    body: JSON.stringify(person),
  });
  const text = await response.text();
  if (response.status === 503 || response.status === 429) return "busy";
  if (!response.ok) throw new Error(`a decision was refused: ${response.status} ${text}`);
  const { decisions } = JSON.parse(text) as { decisions: readonly { content: string; show: string }[] };
  const shown = new Map(decisions.map(({ content, show }) => [content, show]));
  return Array.from({ length: LANES }, (_, lane) => Number(/\d+$/.exec(shown.get(`lane-${lane}`) ?? "counted-0")?.[0]));
}
