/** The readers of files of rows, for other rooms that take in files. */
export { createCsvRows } from "./csv-rows.ts";
