/** What a job of recommendations came to, for a person. */
import type { JobAnswer } from "../recommend/port.ts";
import type { Style } from "./terminal.ts";

const count = (value: number): string => value.toLocaleString("en");

export function renderJobAnswer(answer: JobAnswer, { bold }: Style): string {
  const { events, customers, products, programs, purchases } = answer;
  const from = [
    `Learned from ${count(events)} events: ${count(customers)} customers, ${count(products)} products, ${count(purchases)} pairs of customer and product bought.`,
    ...(programs === 0 ? [] : [`${count(programs)} visitors were left out: programs, or too fast to be people.`]),
    ...(purchases === 0 ? ["Nobody has bought anything that names a product: what is popular goes by views."] : []),
  ];
  switch (answer.job) {
    case "train":
      return [...from, `Model ${bold(answer.version)} is in place.`].join("\n");
    case "all":
      return [...from, `${count(answer.rows)} rows in ${answer.out}.`].join("\n");
    case "evaluate": {
      const width = Math.max(...answer.models.map(({ model }) => model.length));
      const part = (value: number): string => value.toFixed(4);
      const head = `${"".padEnd(width)}  Recall@${answer.top}               NDCG@${answer.top}                 over popularity     coverage  novelty`;
      const lines = answer.models.map(({ model, recall, ndcg, overPopularity, coverage, noveltyBits }) => {
        const interval = ({ mean, low, high }: typeof recall): string => `${part(mean)} (${part(low)}-${part(high)})`;
        const over = `${part(overPopularity.low)} to ${part(overPopularity.high)}`;
        return `${model.padEnd(width)}  ${interval(recall)}  ${interval(ndcg)}  ${over.padEnd(18)}  ${(100 * coverage).toFixed(1).padStart(6)} %  ${noveltyBits.toFixed(1)} bits`;
      });
      const when = new Date(answer.cut).toISOString().slice(0, 10);
      const asked = `Asked for what ${count(answer.customers)} customers bought new from ${when} on.`;
      return [...from, asked, "", head, ...lines, "", `Best: ${bold(answer.best)}`].join("\n");
    }
  }
}
