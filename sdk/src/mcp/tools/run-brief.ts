import { z } from "zod";
import { RunSummary } from "../../api/runs.ts";
import { runAddress, type McpDeps } from "../deps.ts";

/** A run as it stands, with its page for people. */
export const RunBrief = RunSummary.pick({
  id: true,
  project: true,
  environment: true,
  runbook: true,
  goal: true,
  status: true,
  waiting: true,
  error: true,
  requester: true,
  dryRun: true,
  createdAt: true,
  updatedAt: true,
  finishedAt: true,
}).extend({ address: z.string() });

export function briefRun(deps: Pick<McpDeps, "address">, run: RunSummary): z.input<typeof RunBrief> {
  return { ...run, address: runAddress(deps, run.id) };
}
