import { resolve, shapeOf, type JsonSchema } from "../../ui/schema-form/schema.ts";

/** What goes in, in a few words: `one of a, b`, `a list of whole numbers`. */
export function typeOf(given: JsonSchema, root: JsonSchema): string {
  const schema = resolve(given, root);
  const shape = shapeOf(schema, root);
  switch (shape.kind) {
    case "text":
      return schema.format === undefined ? "text" : `text (${schema.format})`;
    case "number":
      return shape.whole ? "whole number" : "number";
    case "boolean":
      return "yes or no";
    case "pick":
      return `one of ${shape.values.map(String).join(", ")}`;
    case "secret":
      return "name of a secret";
    case "list":
      return `list: ${typeOf(shape.of, root)}`;
    case "record":
      return `by name: ${typeOf(shape.of, root)}`;
    case "object":
      return `object with ${shape.fields.map(([name]) => name).join(", ")}`;
    case "choice":
      return shape.options.map((one) => typeOf(one, root)).join(", or ");
    case "json":
      return "JSON";
    default:
      return shape satisfies never;
  }
}
