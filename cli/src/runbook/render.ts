import { defaultRetry, makePlan, type JsonObject, type Plan, type Runbook, type Tool } from "@gantry/sdk";
import { z } from "zod";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { readParameters } from "../parameters.ts";
import { renderPlan, renderSteps } from "../render/plan.ts";
import { openRunbook, requireCompiled } from "./open-runbook.ts";
import { tryServer } from "./try-server.ts";

export interface RenderOptions {
  parameter?: string[];
  parameters?: string;
  offline?: boolean;
}

/** `gantry runbook render`: the plan that a file makes. */
export async function renderFile(
  context: Context,
  { parameters: [path = ""], options }: { parameters: readonly string[]; options: RenderOptions },
): Promise<ExitName> {
  const { terminal, config } = context;
  const environment = config.environment?.value;
  if (environment === undefined)
    throw new UsageError("Which environment? None was given.", `gantry runbook render ${path} --environment staging`);
  const open = await openRunbook(path);
  const schema = z.toJSONSchema(open.runbook.runbook?.spec.parameters ?? z.looseObject({}), {
    io: "input",
    unrepresentable: "any",
  }) as JsonObject;
  const sources = { pairs: options.parameter ?? [], file: options.parameters };
  const parameters = await readParameters(sources, { name: path, parameters: schema }, context.stdin);
  const files = open.files.map(({ file, text }) => ({ file, text }));
  const project = config.project.value;
  const layout = { paint: terminal.paintData, width: terminal.columns() };
  const view = await tryServer(context, options.offline, (client) =>
    client.runbooks.render({ files, parameters, environment, project }),
  );
  const { decision = null, risk = null } = view ?? {};
  if (view && decision && risk) {
    if (context.json) terminal.json(view);
    else terminal.data(renderPlan({ ...view, decision, risk }, layout).join("\n"));
    return decision.result === "deny" ? "denied" : "ok";
  }
  const plan = planWithoutServer(requireCompiled(open), { parameters, environment });
  if (context.json) terminal.json({ plan });
  else terminal.data(renderSteps(plan, layout).join("\n"));
  terminal.say("Without a server: effects of the tools, risk and policy aren't known.");
  return "ok";
}

/** Tools are taken at their word: that there are such, and that they take what they get. */
function planWithoutServer(runbook: Runbook, given: { parameters: JsonObject; environment: string }): Plan {
  const facts = {
    version: "0.0.0",
    digest: "",
    effect: "changes" as const,
    idempotent: false,
    preview: false,
    inspect: false,
    verify: false,
    undo: false,
    timeoutMs: 600_000,
    retry: defaultRetry,
  };
  const tool = { name: "", effect: "changes", spec: { input: z.unknown() } } as unknown as Tool;
  const known = {
    tools: { get: (name: string) => ({ tool, facts: { name, ...facts } }) },
    runbooks: new Map([[runbook.name, { runbook }]]),
  };
  // Not what nobody knows as if it were known.
  return { ...makePlan(known, { runbook: runbook.name, ...given }), tools: [] };
}
