/** What to say to someone who wrote a name that there is not. */
import { nearestName } from "../../model/nearest-name.ts";

/** "did you mean `x`?", or what there is to choose from when nothing is near. */
export function suggestName(wrong: string, names: readonly string[], kind: string): string {
  const near = nearestName(wrong, names);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (names.length === 0) return `there are no ${kind} yet`;
  const shown = names.slice(0, 8).map((name) => `\`${name}\``);
  return `${kind}: ${shown.join(", ")}${names.length > 8 ? ` and ${names.length - 8} more` : ""}`;
}
