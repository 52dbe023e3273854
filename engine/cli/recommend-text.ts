/** What a job of recommendations came to, for a person. */
import { basketProductsMax, choiceCustomersMin, purchasersMax } from "../limits-of-recommending.ts";
import type { JobAnswer } from "../recommend/port.ts";
import type { Style } from "./terminal.ts";

const SERVED = {
  degrees: "goes by neighbours by degrees",
  cosine: "goes by neighbours by cosine",
  popularity: "is left to what stands in for it, as nothing was better than what is popular",
} as const;

function servedNext({ serve, asked, best }: Extract<JobAnswer, { readonly job: "evaluate" }>): string {
  if (asked < choiceCustomersMin)
    return `To choose by, ${choiceCustomersMin} customers are needed: "similar to history" ${SERVED.degrees}.`;
  // Without a word of it, the best would seem to have been passed over.
  const aside = best.startsWith("filter")
    ? "A filter goes through all customers for each list and is measured only; of what can be served, the best is taken.\n"
    : "";
  return `${aside}From the next training on "similar to history" ${SERVED[serve]}.`;
}

const count = (value: number): string => value.toLocaleString("en");

/** What was odd about what was learned from, and what can be done about it. */
function warningsOf(answer: JobAnswer): readonly string[] {
  const { programs, purchases, returned, largeCustomers, crowdedProducts, catalogue, products, unknownProducts } =
    answer;
  const some = (n: number, one: string, several: string): string => `${count(n)} ${n === 1 ? one : several}`;
  return [
    ...(programs > 0
      ? [`${some(programs, "visitor was", "visitors were")} left out: programs, or too fast to be people.`]
      : []),
    ...(purchases === 0 && products > 0
      ? ["Nobody has bought anything that names a product: what is popular goes by views."]
      : []),
    ...(returned > 0
      ? [`${some(returned, "purchase was", "purchases were")} sent back, and count as no preference.`]
      : []),
    ...(largeCustomers > 0
      ? [
          `${some(largeCustomers, "customer has", "customers have")} more than ${basketProductsMax} products: the strongest ${basketProductsMax} count.`,
        ]
      : []),
    ...(crowdedProducts > 0
      ? [
          `${some(crowdedProducts, "product is", "products are")} of more than ${count(purchasersMax)} customers: neighbours are found by so many of them.`,
        ]
      : []),
    ...(catalogue === 0
      ? ["The catalogue is empty, and nothing can be shown: take products in with `vif recommend products FILE`."]
      : unknownProducts > 0
        ? [
            `${count(unknownProducts)} of the ${some(products, "product is", "products are")} not in the catalogue, which has ${count(catalogue)}: never shown, and no neighbours.`,
          ]
        : []),
  ];
}

export function renderJobAnswer(answer: JobAnswer, { bold }: Style): string {
  const { events, customers, products, purchases } = answer;
  const from = [
    `Learned from ${count(events)} events: ${count(customers)} customers, ${count(products)} products, ${count(purchases)} pairs of customer and product bought.`,
    ...warningsOf(answer),
  ];
  switch (answer.job) {
    case "train":
      return answer.kept
        ? `Nothing to learn from: model ${bold(answer.version)} stays in place.`
        : [
            ...from,
            `Model ${bold(answer.version)} is in place; "similar to history" ${SERVED[answer.similarBy]}.`,
          ].join("\n");
    case "all":
      return [...from, `${count(answer.rows)} rows in ${answer.out}.`].join("\n");
    case "evaluate": {
      if (answer.asked === 0)
        return [
          ...from,
          "There is nobody to ask: no customer who was known before has bought anything new in the last fifth of purchases.",
          servedNext(answer),
        ].join("\n");
      const width = Math.max(...answer.models.map(({ model }) => model.length));
      const part = (value: number): string => value.toFixed(4);
      const head = `${"".padEnd(width)}  Recall@${answer.top}               NDCG@${answer.top}                 over popularity     coverage  novelty`;
      const lines = answer.models.map(({ model, recall, ndcg, overPopularity, coverage, noveltyBits }) => {
        const interval = ({ mean, low, high }: typeof recall): string => `${part(mean)} (${part(low)}-${part(high)})`;
        const over = `${part(overPopularity.low)} to ${part(overPopularity.high)}`;
        return `${model.padEnd(width)}  ${interval(recall)}  ${interval(ndcg)}  ${over.padEnd(18)}  ${(100 * coverage).toFixed(1).padStart(6)} %  ${noveltyBits.toFixed(1)} bits`;
      });
      const when = new Date(answer.cut).toISOString().slice(0, 10);
      const asked = `Asked for what ${count(answer.asked)} customers bought new from ${when} on.`;
      return [...from, asked, "", head, ...lines, "", `Best: ${bold(answer.best)}`, servedNext(answer)].join("\n");
    }
  }
}
