/** Forms made from JSON Schema. Imports the components of ui/ only; used by screens. */
export { draftOf, filledIn, type Draft, type Problems } from "./draft.ts";
export { SchemaForm } from "./schema-form.tsx";
export { labelOf, type JsonSchema } from "./schema.ts";
export { serverProblems } from "./server-problems.ts";
export { texts as formTexts } from "./texts.ts";
