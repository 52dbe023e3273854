/** The Lua scripts beside this file, by name; each says in its head what it takes and gives. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface RedisScript {
  readonly source: string;
  /** Hex SHA-1 of the source, by which Redis knows it. */
  readonly sha: string;
}

function readScript(file: string): RedisScript {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

export const SCRIPTS = {
  append: readScript("./append.2.lua"),
  checkpoint: readScript("./checkpoint.n.lua"),
  fill: readScript("./fill.n.lua"),
  loadProfiles: readScript("./load-profiles.n.lua"),
  listProfiles: readScript("./list-profiles.n.lua"),
  claim: readScript("./claim.1.lua"),
  renew: readScript("./renew.1.lua"),
  release: readScript("./release.1.lua"),
  announce: readScript("./announce.1.lua"),
  swap: readScript("./swap.1.lua"),
  putProducts: readScript("./put-products.3.lua"),
  productsSince: readScript("./products-since.3.lua"),
  setModel: readScript("./set-model.2.lua"),
  readNodes: readScript("./read-nodes.1.lua"),
} as const;
