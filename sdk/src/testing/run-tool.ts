import type { z } from "zod";
import { toTemplate } from "../ref.ts";
import { Inspection, Preview, Undone, Verification, type BinaryNeed, type Tool, type ToolContext } from "../tool.ts";
import {
  ToolInputInvalidError,
  ToolLacksOperationError,
  ToolNotFoundError,
  ToolOutputInvalidError,
} from "../tool-errors.ts";
import { requireMinimumVersion } from "../tool-version.ts";

interface Results<Output> {
  preview: Preview;
  run: Output;
  inspect: Inspection;
  verify: Verification;
  undo: Undone;
}

/**
 * Calls one operation of a tool as the platform does: checks its binaries, validates the input, and validates what it returns.
 * Input and output pass through JSON, so a value that wouldn't survive the way to another process shows here.
 * @param output What `run` returned: for `verify` and `undo`; null after an attempt that failed or is unknown.
 * @throws {ToolInputInvalidError, ToolOutputInvalidError, ToolLacksOperationError, ToolNotFoundError, ToolTooOldError}
 */
export async function runTool<Input, Output, Operation extends keyof Results<Output>>(
  tool: Tool<Input, Output>,
  operation: Operation,
  input: NoInfer<Input>,
  ctx: ToolContext,
  output: NoInfer<Output> | null = null,
): Promise<Results<Output>[Operation]> {
  for (const need of tool.spec.binaries ?? []) await checkBinary(need, ctx);
  const checked = parse(tool.spec.input, toTemplate(input), (problems, cause) => {
    throw new ToolInputInvalidError(tool.name, problems, { cause });
  });
  const earlier = output === null ? null : tool.spec.output.parse(toTemplate(output));
  const result = await call(tool, operation, checked, ctx, earlier);
  const schema = { preview: Preview, run: tool.spec.output, inspect: Inspection, verify: Verification, undo: Undone };
  return parse(schema[operation] as z.ZodType<Results<Output>[Operation]>, toTemplate(result), (problems, cause) => {
    throw new ToolOutputInvalidError(tool.name, operation, problems, { cause });
  });
}

async function call<Input, Output>(
  tool: Tool<Input, Output>,
  operation: keyof Results<Output>,
  input: Input,
  ctx: ToolContext,
  output: Output | null,
): Promise<unknown> {
  const { preview, run, inspect, verify, undo } = tool.spec;
  if (operation === "run") return run(input, ctx);
  if (operation === "preview" && preview) return preview(input, ctx);
  if (operation === "inspect" && inspect) return inspect(input, ctx);
  if (operation === "undo" && undo) return undo(input, output, ctx);
  if (operation === "verify" && verify && output !== null) return verify(input, output, ctx);
  throw new ToolLacksOperationError(tool.name, operation);
}

/** The first of `anyOf` that is installed counts. */
async function checkBinary(need: BinaryNeed, ctx: ToolContext): Promise<void> {
  for (const command of need.anyOf) {
    try {
      const { stdout, stderr } = await ctx.exec(command, need.versionArgs ?? ["--version"]);
      if (need.minimum !== undefined) requireMinimumVersion(command, stdout || stderr, need.minimum);
      return;
    } catch (error) {
      if (!(error instanceof ToolNotFoundError)) throw error;
    }
  }
  throw new ToolNotFoundError(need.anyOf.join(" or "), need.install);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, refuse: (problems: string[], cause: unknown) => never): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  return refuse(
    result.error.issues.map((issue) => `${issue.path.join(".") || "value"}: ${issue.message}`),
    result.error,
  );
}
