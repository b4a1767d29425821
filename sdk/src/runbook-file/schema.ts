import { z } from "zod";
import { Json } from "../json.ts";
import { StepId } from "../plan.ts";
import { Deprecation } from "../runbook.ts";

/**
 * What the file of a runbook may say. Editors get this as JSON Schema (`gantry runbook schema`), so every field says what
 * it is. What depends on several fields, and on tools and other runbooks, is checked behind it.
 */

const Sentence = (maximum: number) => z.string().min(1).max(maximum);
const Cel = (about: string) => Sentence(2_000).describe(about);

export const runbookName = /^[a-z][a-z0-9-]*(\.[a-z][a-zA-Z0-9-]*)+$/;
export const RunbookName = z
  .string()
  .max(200)
  .regex(runbookName, "A runbook's name is lower-case words with dots between them, such as shop.release.");
export const semver = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
export const RunbookVersion = z
  .string()
  .max(100)
  .regex(semver, 'A version is three numbers, such as "1.4.0", and perhaps a pre-release: "2.0.0-rc.1".');
export const durationPattern = /^(\d{1,9})(ms|s|m|h|d)$/;
const Duration = z
  .string()
  .regex(durationPattern, "A duration is a number with its unit: 500ms, 90s, 10m, 2h or 7d.")
  .describe("A number with its unit: 500ms, 90s, 10m, 2h, 7d");
const Key = Sentence(200).describe("Text, with expressions: deploy:${{ environment }}/${{ parameters.service }}");

const asked = {
  help: Sentence(1_000).optional().describe("What it is, for whoever is asked for it"),
};
const range = {
  min: z.number().optional().describe("The least value; of text its length, of lists and maps how many there are"),
  max: z.number().optional().describe("The greatest value; of text its length, of lists and maps how many there are"),
};
const count = {
  min: z.int().min(0).optional().describe("The least length, or the fewest entries"),
  max: z.int().min(0).optional().describe("The greatest length, or the most entries"),
};

/** The type of a parameter, or of what is in one. */
export type TypeDeclaration =
  | {
      type: "text";
      help?: string | undefined;
      enum?: string[] | undefined;
      pattern?: string | undefined;
      min?: number | undefined;
      max?: number | undefined;
    }
  | {
      type: "integer" | "number";
      help?: string | undefined;
      enum?: number[] | undefined;
      min?: number | undefined;
      max?: number | undefined;
    }
  | { type: "boolean" | "duration" | "url" | "secret" | "json"; help?: string | undefined }
  | {
      type: "list" | "map";
      help?: string | undefined;
      items: TypeDeclaration;
      min?: number | undefined;
      max?: number | undefined;
    }
  | { type: "object"; help?: string | undefined; fields: Record<string, ParameterDeclaration> };

export type ParameterDeclaration = TypeDeclaration & { optional?: boolean | undefined; default?: Json | undefined };

/** Not those that every object has: `parameters.constructor` would be found in an empty one, too. */
export const ParameterName = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_]{0,62}$/,
    "A parameter's name is a lower-case letter, then letters, digits or _, 63 at most.",
  )
  .refine((name) => !(name in {}), "This name has a meaning in JavaScript; choose another.");

const typeShapes = {
  text: {
    ...asked,
    ...count,
    enum: z.array(z.string()).min(1).max(1_000).optional().describe("The only values there are"),
    pattern: Sentence(500)
      .optional()
      .describe("Regular expression (RE2) that the text matches somewhere; ^ and $ for all of it"),
  },
  integer: {
    ...asked,
    ...range,
    enum: z.array(z.int()).min(1).max(1_000).optional().describe("The only values there are"),
  },
  number: {
    ...asked,
    ...range,
    enum: z.array(z.number()).min(1).max(1_000).optional().describe("The only values there are"),
  },
  boolean: asked,
  duration: asked,
  url: asked,
  secret: asked,
  json: asked,
} as const;

const Items = z.lazy((): z.ZodType<TypeDeclaration> => TypeDeclaration);
const Fields = z.lazy((): z.ZodType<Record<string, ParameterDeclaration>> => Parameters);

function declaration(more: { optional?: z.ZodType; default?: z.ZodType }) {
  return z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("text"), ...typeShapes.text, ...more }),
    z.strictObject({ type: z.literal("integer"), ...typeShapes.integer, ...more }),
    z.strictObject({ type: z.literal("number"), ...typeShapes.number, ...more }),
    z.strictObject({ type: z.literal("boolean"), ...typeShapes.boolean, ...more }),
    z.strictObject({ type: z.literal("duration"), ...typeShapes.duration, ...more }),
    z.strictObject({ type: z.literal("url"), ...typeShapes.url, ...more }),
    z.strictObject({ type: z.literal("secret"), ...typeShapes.secret, ...more }),
    z.strictObject({ type: z.literal("json"), ...typeShapes.json, ...more }),
    z.strictObject({
      type: z.literal("list"),
      ...asked,
      ...count,
      items: Items.describe("What each entry is"),
      ...more,
    }),
    z.strictObject({
      type: z.literal("map"),
      ...asked,
      ...count,
      items: Items.describe("What each value is"),
      ...more,
    }),
    z.strictObject({ type: z.literal("object"), ...asked, fields: Fields.describe("Its fields, by name"), ...more }),
  ]);
}

const TypeDeclaration = declaration({}) as unknown as z.ZodType<TypeDeclaration>;
const ParameterDeclaration = declaration({
  optional: z.boolean().optional().describe("It may be left out, and then has no value"),
  default: Json.optional().describe("What it is when it is left out"),
}) as unknown as z.ZodType<ParameterDeclaration>;
export const Parameters = z.record(ParameterName, ParameterDeclaration);

const when = {
  if: Cel("CEL over parameters and environment, when the plan is made: false leaves the step out of it").optional(),
  when: Cel("CEL over steps, item and run, when the step's turn comes: false skips it").optional(),
  after: z
    .array(StepId)
    .max(1_000)
    .optional()
    .describe("Steps that must be done first, besides those that it refers to"),
};
const common = {
  id: StepId.describe("Other steps refer to it by this: ${{ steps.<id>.output.… }}"),
  title: Sentence(200).optional().describe("What it does, for people"),
  ...when,
};
const loop = {
  each: z
    .union([z.string(), z.array(Json)])
    .optional()
    .describe("A list, or an expression that gives one: the step runs once per ${{ item }}"),
  parallel: z.int().min(1).max(1_000).optional().describe("How many items at a time, at most"),
};
const Given = z
  .union([z.record(z.string(), Json), z.string().regex(/^\s*\$\{\{[^]*\}\}\s*$/)], {
    error: "It must be a map of fields, or one ${{ … }} that gives a map.",
  })
  .optional();
const Values = z.record(z.string(), Json).optional();

export const ToolStepFile = z.strictObject({
  ...common,
  ...loop,
  tool: z.string().min(1).max(200).describe("agent.verb, such as terraform.plan"),
  input: Given.describe("Input of the tool; every part may be an expression"),
  timeout: Duration.optional(),
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(100).describe("Tries in all, the first one included"),
      initial: Duration.optional(),
      factor: z.number().min(1).max(10).optional().describe("By how much each pause is longer than the one before"),
      max: Duration.optional(),
    })
    .optional(),
  concurrencyKey: Key.optional(),
  undo: z.enum(["tool", "none"]).optional().describe("none: its effect stays when the run is undone"),
});

export const RunStepFile = z.strictObject({
  ...common,
  ...loop,
  run: z.string().min(1).max(300).describe("Runbook to start as a sub-run; name@version pins it"),
  parameters: Given.describe("Parameters of the sub-run; every part may be an expression"),
});

export const WaitStepFile = z.strictObject({
  ...common,
  wait: z
    .strictObject({
      for: Duration.optional(),
      until: Sentence(2_000).optional().describe("A time (ISO 8601), or an expression that gives one"),
      signal: Sentence(100).optional().describe("Name of the signal that ends the wait"),
      approval: Sentence(200).optional().describe("Group of people who must approve"),
      count: z.int().min(1).max(20).optional().describe("How many of the group"),
      timeout: Duration.optional(),
    })
    .describe("One of for, until, signal or approval"),
});

export const IncludeStepFile = z.strictObject({
  id: common.id,
  ...when,
  include: z.string().min(1).max(300).describe("name@version of the runbook whose steps stand here"),
  parameters: Given.describe("Its parameters; expressions over parameters and environment"),
});

export const stepKinds = {
  tool: ToolStepFile,
  run: RunStepFile,
  wait: WaitStepFile,
  include: IncludeStepFile,
} as const;
export type StepKind = keyof typeof stepKinds;
const StepFile = z.union([ToolStepFile, RunStepFile, WaitStepFile, IncludeStepFile]);
export type StepFile = z.infer<typeof StepFile>;

export const TestCase = z.strictObject({
  name: Sentence(200).describe("What is expected, as a sentence"),
  environment: z.string().max(63).optional().describe("test unless given"),
  parameters: Values,
  variables: z.record(z.string(), z.string()).optional().describe("What is set where the plan is made, by name"),
  outputs: z.record(z.string(), Json).optional().describe("What the tools give, by step; nothing unless given"),
  fails: z.array(z.string()).max(100).optional().describe("Steps whose tool fails"),
  signals: z.record(z.string(), Json).optional().describe("Payloads of signals that come, by name"),
  expect: z
    .strictObject({
      refused: z.string().max(100).optional().describe("Code of the error that refuses these parameters"),
      steps: z.array(z.string()).max(1_000).optional().describe("Ids of all steps of the plan, in order"),
      plan: Values.describe("Parts of the plan; steps by id"),
      status: z.string().max(50).optional().describe("What the run comes to: succeeded, failed, undone, …"),
      done: z.array(z.string()).max(1_000).optional().describe("All steps that succeed, items of loops as id[0]"),
      skipped: z.array(z.string()).max(1_000).optional().describe("All steps that are skipped"),
      inputs: z.record(z.string(), Json).optional().describe("Parts of what the tools got, by step or item"),
    })
    .describe("What must be so; what isn't named is not looked at"),
});
export type TestCase = z.infer<typeof TestCase>;
const Tests = z.array(TestCase).max(500).describe("Cases for `gantry runbook test`");

const head = {
  name: RunbookName,
  version: RunbookVersion.describe("Of this runbook; what is published under it never changes"),
  title: Sentence(200).describe("What it does, in a few words"),
  description: Sentence(4_000).optional(),
  intents: z.array(Sentence(200)).max(50).optional().describe("What it is for, in the words of somebody who wants it"),
  examples: z.array(Sentence(500)).max(100).optional().describe("Whole sentences that it is the right answer to"),
  deprecated: Deprecation.optional().describe("Something else should be used; whoever uses it is told"),
  onFailure: z.enum(["stop", "undo"]).optional().describe("What happens when a step fails for good; stop unless given"),
  deadline: Duration.optional(),
  concurrencyKey: Key.optional(),
  tests: Tests.optional(),
};

/** Everything but what is checked one by one: a wrong step must not hide what is wrong with the others. */
export const RunbookHead = z.strictObject({
  ...head,
  parameters: z.record(z.string(), z.unknown()).optional(),
  steps: z.array(z.unknown()).min(1).max(1_000),
});

export const RunbookFile = z.strictObject({
  ...head,
  parameters: Parameters.optional().describe("What is asked for, by name"),
  steps: z
    .array(StepFile)
    .min(1)
    .max(1_000)
    .describe("In the order in which people read them; what waits for what follows from references and `after`"),
});
export type RunbookFile = z.infer<typeof RunbookFile> & { parameters?: Record<string, ParameterDeclaration> };

/** A file of cases beside a runbook's. */
export const TestFile = z.strictObject({ tests: Tests });
