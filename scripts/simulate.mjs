/** `npm run simulate -- <seeds>`: makes ready what is missing, and becomes the simulator over many seeds. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeBuilt } from "./make-ready.mjs";
import { runNode } from "./run-node.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const code = await makeBuilt();
if (code === 0) runNode([join(ROOT, "dist", "tests", "simulation", "main.js"), ...process.argv.slice(2)]);
else process.exitCode = code;
