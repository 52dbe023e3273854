/**
 * Where a command writes: results to standard output, problems to standard error, colours only where a person looks (a
 * terminal, and neither NO_COLOR nor TERM=dumb says otherwise). Texts from outside pass through `printable`, so that no
 * event's name can move the cursor or colour the screen.
 */
import type { WriteStream } from "node:tty";

export interface Terminal {
  /** One line or several, a line end is added. */
  out(text: string): void;
  err(text: string): void;
  readonly outStyle: Style;
  readonly errStyle: Style;
  /** Characters of a line; undefined where no person looks. */
  readonly columns: number | undefined;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  magenta(text: string): string;
}

export function createTerminal(stdout: WriteStream, stderr: WriteStream): Terminal {
  // `vif check | head` reads no more than it wants: nobody is there to be told the rest, and nothing is wrong.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    outStyle: createStyle(stdout.isTTY && stdout.hasColors()),
    errStyle: createStyle(stderr.isTTY && stderr.hasColors()),
    columns: stdout.isTTY ? stdout.columns : undefined,
  };
}

/** The last line of a terminal, written anew as things go on. Nothing is written where no person looks. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
  readonly columns: number | undefined;
}

export function createStatusLine(stream: WriteStream): StatusLine {
  let shown = false;
  return {
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    show(text) {
      if (!stream.isTTY) return;
      shown = true;
      // ECMA-48, 8.3.41 (EL): what a longer line left behind is erased.
      stream.write(`\r${text}\u001b[K`);
    },
    clear() {
      if (shown) stream.write("\r\u001b[K");
      shown = false;
    },
  };
}

/** ECMA-48, 8.3.117 (SGR). */
export function createStyle(colours: boolean): Style {
  const styled = (on: number, off: number) => (text: string) => (colours ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: styled(1, 22),
    dim: styled(2, 22),
    red: styled(31, 39),
    green: styled(32, 39),
    yellow: styled(33, 39),
    cyan: styled(36, 39),
    magenta: styled(35, 39),
  };
}

/** Control and formatting characters (among them those that turn the direction of writing) as `\u{7}`. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
