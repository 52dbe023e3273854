/** What the example shop sells: a made-up brand's autumn. Names in two languages, prices in euros, a drawing for each. */

export type Language = "en" | "fr";
export const LANGUAGES: readonly Language[] = ["en", "fr"];
export type Category = "shoes" | "clothes" | "bags" | "accessories";
export const CATEGORIES: readonly Category[] = ["shoes", "clothes", "bags", "accessories"];

/** Main colour, its shade, an accent, and what it stands on. */
export type Palette = readonly [main: string, shade: string, accent: string, ground: string];

export interface Product {
  readonly id: string;
  readonly category: Category;
  readonly drawing: string;
  readonly palette: Palette;
  readonly name: Readonly<Record<Language, string>>;
  readonly price: number;
  /** Before the sale. */
  readonly was?: number;
  readonly sizes: readonly string[];
}

const COGNAC: Palette = ["#b5693a", "#7d4321", "#e8c39a", "#f6ece1"];
const BLACK: Palette = ["#33363d", "#1c1e23", "#8c93a1", "#eceef1"];
const SNOW: Palette = ["#f4f1ea", "#cfc8ba", "#3f6f64", "#e3ece8"];
const FOREST: Palette = ["#3f6f64", "#284a42", "#d9b25f", "#e6efeb"];
const NIGHT: Palette = ["#2f4468", "#1d2c47", "#c9d4e8", "#e8edf5"];
const CAMEL: Palette = ["#c79a63", "#94693a", "#f1dfc5", "#f7f0e4"];
const BORDEAUX: Palette = ["#7c2a3b", "#511824", "#dba7a2", "#f6e9e8"];
const STONE: Palette = ["#a6a299", "#757067", "#dedad1", "#f1efeb"];
const ROSE: Palette = ["#d98c86", "#a95f5c", "#f6dcd6", "#fbf0ed"];
const MUSTARD: Palette = ["#d3a230", "#96701a", "#f5e3b3", "#fbf5e3"];
const SKY: Palette = ["#86aecb", "#547d9c", "#e3eef5", "#eef5f9"];

const SHOE_SIZES = ["36", "37", "38", "39", "40", "41", "42", "43", "44"];
const SIZES = ["XS", "S", "M", "L", "XL"];
const ONE = ["-"];

type Row = readonly [
  id: string,
  category: Category,
  drawing: string,
  palette: Palette,
  english: string,
  french: string,
  price: number,
  was?: number,
];

const ROWS: readonly Row[] = [
  ["trainer-snow", "shoes", "trainer", SNOW, "Court trainers, snow", "Tennis de ville, neige", 119],
  ["trainer-night", "shoes", "trainer", NIGHT, "Court trainers, night", "Tennis de ville, nuit", 119],
  ["runner-sky", "shoes", "runner", SKY, "Light runners, sky", "Foulées légères, ciel", 139, 165],
  ["runner-mustard", "shoes", "runner", MUSTARD, "Light runners, mustard", "Foulées légères, moutarde", 139],
  ["chelsea-cognac", "shoes", "chelsea", COGNAC, "Chelsea boots, cognac", "Bottines Chelsea, cognac", 219],
  ["chelsea-black", "shoes", "chelsea", BLACK, "Chelsea boots, black", "Bottines Chelsea, noires", 219],
  ["loafer-bordeaux", "shoes", "loafer", BORDEAUX, "Penny loafers, bordeaux", "Mocassins, bordeaux", 189, 235],
  ["loafer-camel", "shoes", "loafer", CAMEL, "Penny loafers, camel", "Mocassins, camel", 189],
  ["boot-forest", "shoes", "boot", FOREST, "Walking boots, forest", "Chaussures de marche, forêt", 249],
  ["boot-stone", "shoes", "boot", STONE, "Walking boots, stone", "Chaussures de marche, pierre", 249],
  ["coat-camel", "clothes", "coat", CAMEL, "Long wool coat, camel", "Long manteau de laine, camel", 389],
  ["coat-night", "clothes", "coat", NIGHT, "Long wool coat, night", "Long manteau de laine, nuit", 389, 460],
  ["knit-forest", "clothes", "knit", FOREST, "Ribbed jumper, forest", "Pull côtelé, forêt", 129],
  ["knit-rose", "clothes", "knit", ROSE, "Ribbed jumper, rose", "Pull côtelé, rose", 129],
  ["knit-mustard", "clothes", "knit", MUSTARD, "Ribbed jumper, mustard", "Pull côtelé, moutarde", 129, 155],
  ["shirt-sky", "clothes", "shirt", SKY, "Poplin shirt, sky", "Chemise en popeline, ciel", 89],
  ["shirt-snow", "clothes", "shirt", SNOW, "Poplin shirt, snow", "Chemise en popeline, neige", 89],
  ["trousers-stone", "clothes", "trousers", STONE, "Pleated trousers, stone", "Pantalon à pinces, pierre", 145],
  ["trousers-night", "clothes", "trousers", NIGHT, "Pleated trousers, night", "Pantalon à pinces, nuit", 145],
  ["dress-bordeaux", "clothes", "dress", BORDEAUX, "Wrap dress, bordeaux", "Robe portefeuille, bordeaux", 179],
  ["saddle-bordeaux", "bags", "saddle", BORDEAUX, "Saddle bag, bordeaux", "Sac selle, bordeaux", 259],
  ["saddle-cognac", "bags", "saddle", COGNAC, "Saddle bag, cognac", "Sac selle, cognac", 259],
  ["tote-black", "bags", "tote", BLACK, "Leather tote, black", "Cabas en cuir, noir", 229],
  ["tote-camel", "bags", "tote", CAMEL, "Leather tote, camel", "Cabas en cuir, camel", 229, 279],
  ["backpack-forest", "bags", "backpack", FOREST, "Day backpack, forest", "Sac à dos, forêt", 159],
  ["backpack-night", "bags", "backpack", NIGHT, "Day backpack, night", "Sac à dos, nuit", 159],
  ["scarf-rose", "accessories", "scarf", ROSE, "Wool scarf, rose", "Écharpe de laine, rose", 59],
  ["scarf-mustard", "accessories", "scarf", MUSTARD, "Wool scarf, mustard", "Écharpe de laine, moutarde", 59],
  ["hat-stone", "accessories", "hat", STONE, "Felt hat, stone", "Chapeau de feutre, pierre", 79],
  ["hat-bordeaux", "accessories", "hat", BORDEAUX, "Felt hat, bordeaux", "Chapeau de feutre, bordeaux", 79, 95],
  ["belt-cognac", "accessories", "belt", COGNAC, "Bridle belt, cognac", "Ceinture sellier, cognac", 69],
  ["belt-black", "accessories", "belt", BLACK, "Bridle belt, black", "Ceinture sellier, noire", 69],
  ["watch-night", "accessories", "watch", NIGHT, "Field watch, night", "Montre de campagne, nuit", 189],
  ["watch-cognac", "accessories", "watch", COGNAC, "Field watch, cognac", "Montre de campagne, cognac", 189],
  ["umbrella-forest", "accessories", "umbrella", FOREST, "Tall umbrella, forest", "Grand parapluie, forêt", 75],
  ["umbrella-black", "accessories", "umbrella", BLACK, "Tall umbrella, black", "Grand parapluie, noir", 75],
];

export const PRODUCTS: readonly Product[] = ROWS.map(([id, category, drawing, palette, en, fr, price, was]) => ({
  id,
  category,
  drawing,
  palette,
  name: { en, fr },
  price,
  ...(was !== undefined && { was }),
  sizes: category === "shoes" ? SHOE_SIZES : category === "clothes" ? SIZES : ONE,
}));

/** People who have an account in the example shop, and a card for its tills. */
export const CUSTOMERS = [
  {
    userId: "customer-1001",
    card: "2980001001",
    traits: {
      first_name: "Marie",
      last_name: "Laurent",
      email: "marie@shop.example",
      card_tier: "gold",
      city: "Paris",
    },
  },
  {
    userId: "customer-1002",
    card: "2980001002",
    traits: { first_name: "Hugo", last_name: "Martin", email: "hugo@shop.example", card_tier: "silver", city: "Lyon" },
  },
  {
    userId: "customer-1003",
    card: "2980001003",
    traits: { first_name: "Léa", last_name: "Novak", email: "lea@shop.example", card_tier: "bronze", city: "Lille" },
  },
] as const;
