import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "./source-tree.ts";

it("the run of everything leaves the machine's own PostgreSQL as it is", () => {
  const script = readFileSync(join(ROOT, ".ci", "run"), "utf8");
  expect(script).not.toMatch(/pg_hba|\/etc\/|pg_ctlcluster|pg_createcluster/);
  expect(script).toMatch(/initdb" -D "\$postgres_folder/);
});
