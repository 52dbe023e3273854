/** `... in brand time`: the clocks that a condition reads are the brand's, whoever the customer is. */
import type { Check } from "./kind.ts";

export const checkBrandTime: Check<"brand-time"> = ({ part }, checking) => checking.inBrandTime().condition(part);
