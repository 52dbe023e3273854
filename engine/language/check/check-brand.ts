/** From brand.yaml to the clocks that the plan reads. */
import type { ZoneSource } from "../plan/checked.ts";
import type { BrandDeclaration } from "../files/rule-declarations.ts";
import { suggestName } from "../source/nearest.ts";
import type { CheckedPart, Read, RuleSet } from "./rule-kind.ts";
import { typeName } from "./value-type.ts";
import { attributesOf, type Vocabulary } from "./vocabulary.ts";

/** There is one brand.yaml at most. */
export function checkBrand([read]: readonly Read<BrandDeclaration>[], { vocabulary }: RuleSet): CheckedPart {
  const zone = read === undefined ? everybodysUtc : zoneOfBrand(read, vocabulary);
  return { plan: { zone } };
}

const everybodysUtc: ZoneSource = { brand: "UTC", attribute: null, weekBegins: 0 };

function zoneOfBrand({ declaration, report }: Read<BrandDeclaration>, vocabulary: Vocabulary): ZoneSource {
  const { zone, customerZone, weekBegins } = declaration;
  const attributes = attributesOf(vocabulary);
  const attribute = attributes.findIndex(({ name, type }) => name === customerZone?.value && type === "text");
  if (customerZone !== undefined && attribute < 0 && vocabulary.fieldsWhole) {
    const { value: name, span } = customerZone;
    const field = vocabulary.fields.get(name);
    if (field === undefined) {
      const texts = attributes.flatMap((each) => (each.type === "text" ? [each.name] : []));
      const message = `there is no field \`${name}\` in fields.yaml`;
      report({ code: "unknown_name", span, message, suggestion: suggestName(name, texts, "texts") });
    } else if (field.type !== undefined) {
      const message = `\`${name}\` is ${typeName(field.type)}: the name of a time zone is a text`;
      const suggestion = "name a field of the type `text` that holds such as `Europe/Paris`, or leave the line out";
      report({ code: "type_mismatch", span, message, suggestion });
    }
  }
  return { brand: zone ?? "UTC", attribute: attribute < 0 ? null : attribute, weekBegins: weekBegins ?? 0 };
}
