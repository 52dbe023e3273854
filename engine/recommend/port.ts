/** The face of the recommend room: what a node's main thread and its workers have of it. */
export { createFloor } from "./serving/floor.ts";
export type { Floor, ToFloor } from "./serving/floor.ts";
export type { RecommendDesk } from "./desk/create-recommend-desk.ts";
export type { ChangeOutcome, ProductChange } from "./catalogue/catalogue.ts";
export { parseProduct } from "./catalogue/product.ts";
