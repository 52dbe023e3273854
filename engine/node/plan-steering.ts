/** This node's hand on what steers all of them: reads and changes it in the store, so that no change of another is lost. */
import { steeringPlansMax } from "../limits-of-rules.ts";
import { StoreUnavailable } from "../model/errors.ts";
import { parseSteering, renderSteering, type Steering } from "../model/steering.ts";
import type { Plans } from "../store/port.ts";

/**
 * Changes what steers all nodes; tried again on what another node has put there meanwhile.
 * @param change gives the very same object when there is nothing to change
 * @throws StoreUnavailable
 */
export async function steer(plans: Plans, change: (before: Steering) => Steering): Promise<Steering> {
  for (let tries = 0; tries < steeringPlansMax; tries++) {
    const text = await plans.steering();
    const before = parseSteering(text);
    const after = change(before);
    if (after === before || (await plans.setSteering(renderSteering(after), text))) return after;
  }
  throw new StoreUnavailable("Other nodes change the plan at this very moment.");
}
