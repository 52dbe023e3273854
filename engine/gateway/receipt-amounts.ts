/**
 * Amounts and quantities of a receipt, exactly: numbers or decimal texts with at most four decimals become integers of
 * 1/10,000. A JSON number is the double nearest to what the till wrote, and every double that stands for such a decimal
 * is recognised by dividing back; any other has more decimals, and is refused rather than rounded.
 */
import { receiptAmountMax } from "../limits.ts";

const PARTS = 10_000;
const PARTS_MAX = receiptAmountMax * PARTS;

/** undefined: more than four decimals, or too large. */
export function tenThousandths(amount: number | string): number | undefined {
  const value = typeof amount === "number" ? amount : Number(amount);
  const parts = Math.round(value * PARTS);
  // Adding 0 makes 0 of -0.
  return parts / PARTS === value && Math.abs(parts) <= PARTS_MAX ? parts + 0 : undefined;
}

/** Sums products of two such integers, in 10^-8: as a double while that is exact, and as a big integer from then on. */
export class ExactSum {
  #small = 0;
  #large = 0n;

  addProduct(a: number, b: number): void {
    const product = a * b;
    const sum = this.#small + product;
    if (Number.isSafeInteger(product) && Number.isSafeInteger(sum)) this.#small = sum;
    else this.#large += BigInt(a) * BigInt(b);
  }

  get text(): string {
    return this.#large === 0n ? String(this.#small + 0) : String(this.#large + BigInt(this.#small));
  }
}

/** `a x b` of two such integers, as another one; half a part is rounded away from 0. */
export function productParts(a: number, b: number): number {
  const product = a * b;
  if (Number.isSafeInteger(product)) return Math.sign(product) * Math.round(Math.abs(product) / PARTS) + 0;
  const exact = BigInt(a) * BigInt(b);
  const half = exact < 0n ? -5_000n : 5_000n;
  return Number((exact + half) / 10_000n);
}
