/** `products.yaml`: attributes of products that conditions of recommendations may read, with their types. */
import { parseYaml } from "../source/yaml-source.ts";
import { attributeSchema, readFieldList } from "./field-list.ts";
import { mappingSchema } from "./file-schema.ts";
import { readMap, readMapping } from "./mapping.ts";
import type { FileKind, ProductsDeclaration } from "./rule-declarations.ts";

const form = { what: "products.yaml", keys: ["attributes"], required: ["attributes"] } as const;

export const productsFile: FileKind<ProductsDeclaration> = {
  kind: "products",
  schema: {
    title: "Products",
    ...mappingSchema(form, { attributes: attributeSchema }, "What the catalogue says of the brand's products."),
  },
  place: "products.yaml",
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const list = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values.get("attributes");
    const map = list === undefined ? undefined : readMap(list, "`attributes`", report);
    if (map === undefined) return { kind: "products", attributes: new Map(), whole: false };
    return { kind: "products", attributes: readFieldList(map, "attribute", report), whole: true };
  },
};
