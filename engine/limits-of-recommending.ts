/** Bounds of recommendations: the catalogue, what is learned, what is shown. Units in the names, reasons beside them. */

/** Products of a catalogue: the largest shops on one brand's engine; about 1 GB of memory at the most. */
export const productsMax = 500_000;
/** Characters of a product's text or address. */
export const productTextCharsMax = 2_000;
export const productCategoriesMax = 16;
export const productAttributesMax = 64;
/** Products a customer that lists are written and models are judged of: nobody is shown more. */
export const recommendTopMax = 1_000;
/** Products changed by one request. */
export const productChangesMax = 1_000;
/** Changes that a node reads from the store at a time: what a hundred full products are, some hundred kilobytes. */
export const productChangesReadMax = 500;
/** A model goes from node to node in pieces of this size, none of which keeps a store from its events for long. */
export const modelPieceBytesMax = 1024 * 1024;
/** Longest that pieces stand of which no model came: their writer has died. */
export const modelUnusedSecondsMax = 3_600;
/** How often a node looks for what others have changed; what is sold out has to be gone everywhere within a second. */
export const productsLookMs = 200;
/** Requests that change products and wait for the store; one more is told to come again. */
export const productRequestsMax = 64;
/** Neighbours that are kept of a product: what a strip shows some six times over, so that filters leave enough. */
export const neighboursKept = 50;
/** Products of one customer that are learned from, the latest: more say nothing new, and one of 100,000 would drown all. */
export const basketProductsMax = 128;
/** Customers by whom a product's neighbours are found; of a product that more have, so many are drawn. */
export const purchasersMax = 2_000;
/** Products of a person's past that are asked for neighbours when something is recommended, the latest. */
export const historyProductsMax = 20;
/** Customers without whom no model is chosen by what they did later: what fewer did is chance. */
export const choiceCustomersMin = 200;
/** Customers who are asked when a model is chosen for a training; the intervals of so many are narrow enough to choose by. */
export const choiceCustomersMax = 2_000;
/** Customers who are asked when models are judged: the intervals of so many are narrow. */
export const evaluationCustomersMax = 10_000;
/** A choice of models holds for so many days of trainings, then it is made anew. */
export const choiceDaysMax = 7;
/** Products that a strip may have. */
export const recommendedMax = 50;
/** Candidates that are looked at for one strip, best first. */
export const candidatesMax = 400;
/** A file of products that is taken in at once: some 100,000 products with all that can be said of them. */
export const productFileBytesMax = 256 * 1024 * 1024;
