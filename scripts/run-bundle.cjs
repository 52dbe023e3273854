/**
 * Runs one bundle of dist/start/ (see bundle.mjs), where this file is copied to: with the code that V8 made of it when it
 * was built, if this is the same V8, and with stacks that name lines of the sources. The map for these is read when the
 * first stack is wanted and not before: reading it in every thread is a tenth of a start.
 */
"use strict";
const { existsSync, readFileSync } = require("node:fs");
const { SourceMap, createRequire } = require("node:module");
const { join, relative, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

/**
 * What Node puts around every script; the place of the bundle, which esbuild writes for `import.meta.url`; and where a
 * package's file is, for one that looks for more beside it.
 */
const PARAMETERS = "exports, require, module, __filename, __dirname, bundleUrl, placeOf";

const fileOf = (name) => join(__dirname, `${name}.bundle.js`);

exports.compileBundle = function compileBundle(name, cachedData) {
  // All that is not ASCII is escaped in it.
  const text = readFileSync(fileOf(name), "latin1");
  return new Script(`(function (${PARAMETERS}) {${text}\n})`, {
    filename: fileOf(name),
    cachedData,
  });
};

exports.runBundle = function runBundle(name) {
  const file = fileOf(name);
  const code = join(__dirname, `${name}.code`);
  const script = exports.compileBundle(name, existsSync(code) ? readFileSync(code) : undefined);
  nameSourcesInStacks(file);
  const module = { exports: {} };
  const url = pathToFileURL(file).href;
  const require = createRequire(file);
  script.runInThisContext()(module.exports, require, module, file, __dirname, url, require.resolve);
};

function nameSourcesInStacks(file) {
  let map;
  const findEntry = (line, column) => {
    // Node makes stacks of its own errors at once, of a refused connection say: those name no line of ours.
    map ??= new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")));
    return map.findEntry(line - 1, column - 1);
  };
  Error.prepareStackTrace = (error, frames) =>
    [headOf(error), ...frames.map((frame) => `    at ${nameSource(String(frame), file, findEntry)}`)].join("\n");
}

/** @param frame `name (file:line:column)` or `file:line:column` */
function nameSource(frame, file, findEntry) {
  const start = frame.lastIndexOf(`${file}:`);
  const place = start < 0 ? undefined : /^:(\d+):(\d+)/.exec(frame.slice(start + file.length));
  if (!place) return frame;
  const { originalSource, originalLine, originalColumn } = findEntry(place[1], place[2]);
  if (!originalSource) return frame;
  const source = relative(process.cwd(), resolve(__dirname, originalSource));
  return `${frame.slice(0, start)}${source}:${originalLine + 1}:${originalColumn + 1}${frame.endsWith(")") ? ")" : ""}`;
}

function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
