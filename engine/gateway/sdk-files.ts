/**
 * The browser SDK at its stable addresses: `/vif.js` for a script tag, `/vif.mjs` for a module. Any page may load it. It is
 * kept for five minutes, and used for a day longer while a newer one is fetched behind it: a new version of the engine
 * reaches every page soon, and no page waits for it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StaticFile } from "./static-files.ts";

const CACHE = "public, max-age=300, stale-while-revalidate=86400";

/** @param root folder of the program; where it was built without pages there are none */
export function readSdkFiles(root: string): readonly StaticFile[] {
  return ["vif.js", "vif.mjs"].flatMap((name): readonly StaticFile[] => {
    const file = join(root, "dist", "sdk", name);
    if (!existsSync(file)) return [];
    const headers = { "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" };
    const content = readFileSync(file);
    return [{ path: `/${name}`, type: "text/javascript; charset=utf-8", content, cache: CACHE, headers }];
  });
}
