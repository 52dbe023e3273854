/** Plans and orders as a person reads them. Pure. */
import type { SteeringReport } from "../control/steering-port.ts";
import type { Style } from "./terminal.ts";
import { printable } from "./terminal.ts";

export function renderOrders({ paused, pausedChannels, stopped, pending }: SteeringReport, style: Style): string {
  return [
    stopped ? style.red("All sends are stopped: no trigger fires.") : "Sends go out.",
    paused.length === 0 ? "No trigger is paused." : `Paused: ${paused.map(printable).join(", ")}.`,
    ...(pausedChannels.length === 0
      ? []
      : [style.yellow(`Channels paused: ${pausedChannels.join(", ")}; what is decided for them waits.`)]),
    ...pendingLine(pending, style),
  ].join("\n");
}

export function renderPlans(report: SteeringReport, style: Style): string {
  const { plan, plans, folders, pending } = report;
  const lines = plans.map((entry, index) => {
    const isNow = index === plans.length - 1 && entry.plan === plan;
    const because = entry.because === "files" ? "files saved on" : "gone back to on";
    const line = `${isNow ? "*" : " "} ${entry.plan.slice(0, 12)}  ${new Date(entry.since).toISOString()}  ${because} ${printable(entry.node)}`;
    return isNow ? style.bold(line) : line;
  });
  const others = folders.filter((folder) => folder.plan !== plan);
  const warnings = others.map(({ node, plan: own }) =>
    style.yellow(
      `The files of ${printable(node)} make ${own.slice(0, 12)}, which is not in force: save one there to use them.`,
    ),
  );
  return [
    ...(lines.length === 0 ? ["No plan was ever in force."] : lines),
    ...warnings,
    ...pendingLine(pending, style),
  ].join("\n");
}

function pendingLine(pending: readonly number[], style: Style): readonly string[] {
  if (pending.length === 0) return [];
  return [style.dim(`Shards of this node that follow in a moment: ${pending.join(", ")}.`)];
}
