import { Json, defineTool, thoughtFacts } from "@gantry/sdk";
import { z } from "zod";
import { applyPlan, previewApply, verifyApply } from "./apply.ts";
import { terraformBinary } from "./command.ts";
import { fetchSource } from "./fetch.ts";
import { inspectApply } from "./inspect.ts";
import { applyTimeoutMs } from "./limits.ts";
import { makePlan } from "./plan.ts";
import {
  Binary,
  Configuration,
  Counts,
  Credentials,
  Diagnostic,
  OutputChange,
  SavedPlan,
  SecretVariables,
  Source,
  StateName,
  StateVersion,
  Variables,
} from "./schemas.ts";
import { undoApply } from "./undo.ts";
import { validateConfiguration } from "./validate.ts";
import { writeConfiguration } from "./write.ts";

const version = "1.0.0";
const secrets = { secretVariables: SecretVariables.default({}), credentials: Credentials.default({}) };

export const fetchConfiguration = defineTool({
  name: "terraform.fetch",
  version,
  title: "Get a Terraform configuration",
  effect: "drafts",
  input: z.object({ source: Source }),
  output: z.object({ configuration: Configuration, commit: z.string().nullable() }),
  retry: { attempts: 3, initialMs: 1_000 },
  run: ({ source }, ctx) => fetchSource(source, ctx),
});

export const validate = defineTool({
  name: "terraform.validate",
  version,
  title: "Check a Terraform configuration",
  effect: "drafts",
  input: z.object({
    configuration: Configuration,
    binary: Binary.optional(),
    /** False: report errors instead of failing. */
    mustBeValid: z.boolean().default(true),
    mustBeFormatted: z.boolean().default(false),
  }),
  output: z.object({
    valid: z.boolean(),
    formatted: z.boolean(),
    unformatted: z.array(z.string()),
    diagnostics: z.array(Diagnostic),
  }),
  binaries: [terraformBinary],
  run: validateConfiguration,
});

export const write = defineTool({
  name: "terraform.write",
  version,
  title: "Have a model write a Terraform configuration",
  effect: "drafts",
  thinks: true,
  input: z.object({
    wish: z.string().min(1).max(10_000),
    /** What it starts from. */
    source: Source.optional(),
    /** Providers besides those of hashicorp, such as `cloudflare/cloudflare`. */
    providers: z.array(z.string().max(200)).max(50).default([]),
    binary: Binary.optional(),
  }),
  output: z.object({
    configuration: Configuration,
    files: z.record(z.string(), z.string()),
    summary: z.string(),
    /** Times that it was written until it was right. */
    rounds: z.int(),
    ...thoughtFacts,
  }),
  timeoutMs: 30 * 60_000,
  worstCase: { requests: 100 },
  binaries: [terraformBinary],
  run: writeConfiguration,
});

export const plan = defineTool({
  name: "terraform.plan",
  version,
  title: "Make a Terraform plan",
  effect: "drafts",
  input: z.object({
    configuration: Configuration,
    state: StateName,
    variables: Variables.default({}),
    binary: Binary.optional(),
    /** Plan to destroy everything that the state manages. */
    destroy: z.boolean().default(false),
    ...secrets,
  }),
  output: z.object({
    plan: SavedPlan,
    /** False when there is nothing to do. */
    changed: z.boolean(),
    counts: Counts,
    replaced: z.int(),
    effect: z.enum(["reads", "changes", "destroys"]),
    touches: z.array(z.string()),
    diff: z.string(),
    outputs: z.array(OutputChange),
    warnings: z.array(z.string()),
  }),
  timeoutMs: 30 * 60_000,
  binaries: [terraformBinary],
  run: makePlan,
});

export const apply = defineTool({
  name: "terraform.apply",
  version,
  title: "Apply a Terraform plan",
  effect: "destroys",
  input: z.object({ plan: SavedPlan, ...secrets }),
  output: z.object({
    counts: Counts,
    /** By name; null stands for the value of a sensitive one. */
    outputs: z.record(z.string(), z.object({ sensitive: z.boolean(), value: Json })),
    before: StateVersion,
    after: StateVersion,
  }),
  timeoutMs: applyTimeoutMs,
  onWorkerLoss: "continue",
  resumable: true,
  binaries: [terraformBinary],
  preview: previewApply,
  run: applyPlan,
  inspect: inspectApply,
  verify: (input, _output, ctx) => verifyApply(input, ctx),
  undo: (input, output, ctx) => undoApply(input, output !== null, ctx),
});
