/** The arguments of a script with a HELP of its own: `--help` shows it, and what is not understood ends with 2. */
import { parseArgs } from "node:util";

/**
 * @param options as `parseArgs` takes them, less `--help`
 * @param numbers options that are numbers, as `allowed` has them
 */
export function readArguments(help, options, numbers, { pattern, allowed }) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean", short: "h", default: false } } });
    if (values.help) {
      process.stdout.write(help);
      process.exit(0);
    }
    const wrong = numbers.find((name) => values[name] !== undefined && !pattern.test(values[name]));
    if (wrong !== undefined) throw new Error(`--${wrong} is ${values[wrong]}; allowed: ${allowed}`);
    return values;
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}
