/** The face of the recommend room: what a node's main thread, its workers and the control plane have of it. */
export { createFloor } from "./serving/floor.ts";
export type { Floor, ToFloor } from "./serving/floor.ts";
export { RECOMMEND_FOLDER } from "./desk/create-recommend-desk.ts";
export type { RecommendDesk } from "./desk/create-recommend-desk.ts";
export type { ImportReport } from "./desk/import-report.ts";
export type { JobEnd } from "./desk/create-job-runner.ts";
export type { ListsFormat } from "./desk/lists-file.ts";
export type { JobAnswer, JobProgress, RecommendJob } from "./desk/recommend-job.ts";
export type { ChangeOutcome, ProductChange } from "./catalogue/catalogue.ts";
export { parseProduct } from "./catalogue/product.ts";
