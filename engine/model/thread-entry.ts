/**
 * Where the compiled entry of a worker thread lies. Node 20 cannot start a thread from TypeScript, so a module that runs
 * from source (under vitest) starts the built twin of its entry in `dist/`, and a built module starts its own neighbour.
 * This is the one place that knows how `engine/` maps to `dist/engine/`; the build must be fresh, which the test command
 * sees to.
 */

/** The root of the source tree when this very file runs from source. */
const SOURCE_ROOT = new URL("../../", import.meta.url).href;

/**
 * @param moduleUrl the caller's `import.meta.url`
 * @param entry relative to the caller and without extension: `./committer-main`
 * @example new Worker(threadEntry(import.meta.url, "./state-main"))
 */
export function threadEntry(moduleUrl: string, entry: string): URL {
  if (!moduleUrl.endsWith(".ts")) return new URL(`${entry}.js`, moduleUrl);
  const source = new URL(`${entry}.js`, moduleUrl).href;
  return new URL(`dist/${source.slice(SOURCE_ROOT.length)}`, SOURCE_ROOT);
}
