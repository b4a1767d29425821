import { PlanInvalidError, type Capabilities, type Json, type JsonObject, type Runbook, type Tool } from "@gantry/sdk";
import { z } from "zod";

/** What plans can be made of, as a model that plans is told and can ask for. */
export interface Offered {
  readonly tools: ReadonlyMap<string, { readonly tool: Tool; readonly outside?: boolean }>;
  readonly runbooks: Capabilities["runbooks"];
}

const mostNamed = 300;

/** Every runbook and tool in a line. */
export function listOffered({ tools, runbooks }: Offered): string {
  const named = [...runbooks].map(([name, { runbook }]) => `- ${name}: ${about(runbook)}`);
  const single = [...tools.values()].map(({ tool }) => `- ${tool.name} (${tool.effect}): ${tool.spec.title}`);
  return [
    `Runbooks, tried procedures of several steps:\n${linesOf(named)}`,
    `Tools, with the most that each may do:\n${linesOf(single)}`,
  ].join("\n\n");
}

function linesOf(lines: readonly string[]): string {
  if (lines.length === 0) return "(none)";
  const left = lines.length - mostNamed;
  return [...lines.slice(0, mostNamed), ...(left > 0 ? [`(and ${left} more)`] : [])].join("\n");
}

function about({ spec: { title, description } }: Runbook): string {
  return description === undefined ? title : `${title}. ${description}`;
}

const Wanted = z.strictObject({ names: z.array(z.string().max(200)).min(1).max(20) });
export const describeSchema = z.toJSONSchema(Wanted) as JsonObject;

/** What is wrong with a request to describe; nothing when it fits. */
export function problemsOfDescribe(input: Json): string[] {
  const parsed = Wanted.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** How some of them are used: their schemas, and what can be taken back. */
export function describeOffered({ tools, runbooks }: Offered, input: Json): Json {
  return Wanted.parse(input).names.map((name): Json => {
    const runbook = runbooks.get(name)?.runbook;
    const tool = tools.get(name)?.tool;
    if (runbook === undefined && tool === undefined)
      throw new PlanInvalidError([{ path: "names", message: `there is no runbook or tool ${JSON.stringify(name)}` }]);
    return {
      ...(runbook && { runbook: name, about: about(runbook), parameters: schemaOf(runbook.spec.parameters) }),
      ...(tool && {
        tool: name,
        title: tool.spec.title,
        effect: tool.effect,
        input: schemaOf(tool.spec.input),
        output: schemaOf(tool.spec.output),
        canBeUndone: tool.spec.undo !== undefined,
        verifiesItself: tool.spec.verify !== undefined,
      }),
    };
  });
}

function schemaOf(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonObject;
}
