/** What the readers of the two forms of files have in common: rows, each with its line, and rows that are none. */

export interface FileRow {
  readonly line: number;
  /** As it stands in the file. */
  readonly text: string;
}

export interface RowSink {
  /**
   * @param cells as many as there are columns, whatever the row had; see `RowReader.columns`
   * @param row where it stands; small, to be kept in the place of the cells, which can be cut from its text again
   */
  row(cells: readonly string[], row: FileRow): void;
  /** @param text the row as it stands in the file; may be cut */
  fault(line: number, reason: string, text: string): void;
}

/** Takes the text of a file piece by piece, cut anywhere. */
export interface RowReader {
  /** undefined until enough of the file is there. */
  columns(): readonly string[] | undefined;
  /** Rows that have become whole go to the sink; none before the columns are known. */
  write(text: string): void;
  /** The file is at its end, whole. What a torn file leaves behind is not taken for a row: leave `end` out then. */
  end(): void;
}

/** Why a file is no such file at all: no columns, or two of the same name. Its text is for the person who named it. */
export class UnreadableRows extends Error {
  readonly code = "unreadable_rows";
  constructor(message: string) {
    super(message);
    this.name = "UnreadableRows";
  }
}
