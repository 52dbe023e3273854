/**
 * What every recommendation model is: a function from the products of one customer to a number a product. Models know no
 * customers, so that a visitor of this minute is served like a customer of years. What is already theirs, what is hidden
 * and what a rule forbids is not the models' business.
 */
export type ProductNumbers = Uint32Array | Uint16Array;

export interface RecommendationModel {
  readonly name: string;
  /**
   * @param history product numbers, each once
   * @param weights one each; undefined: 1
   * @param scores one number a product of the catalogue; overwritten
   */
  scoreInto(history: ProductNumbers, weights: Float32Array | undefined, scores: Float32Array): void;
}
