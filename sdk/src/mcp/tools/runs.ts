import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { Name, Text, Uuid } from "../../api/common.ts";
import { RunbookCall, type RunDetail, RunStatus, StepView } from "../../api/runs.ts";
import type { McpDeps } from "../deps.ts";
import { repeatable, RequestId } from "./request-id.ts";
import { briefRun, RunBrief } from "./run-brief.ts";
import { tool } from "./tool.ts";

const Run = z.object({ run: Uuid });
const Step = StepView.pick({
  key: true,
  title: true,
  tool: true,
  effect: true,
  status: true,
  error: true,
  needsPerson: true,
});

const Started = RunbookCall.extend({
  goal: Text(2_000).optional(),
  dryRun: z
    .boolean()
    .default(false)
    .describe("Run what reads or drafts, preview what changes something, and end there."),
});

const ToStart = Started.extend({ requestId: RequestId });

const Filter = z.object({
  status: z.array(RunStatus).min(1).optional(),
  project: Name.optional(),
  environment: Name.optional(),
  runbook: Text(200).optional(),
  text: Text(200).optional().describe("In the goal, or what the id begins with."),
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().max(2_000).optional().describe("`next` of the page before."),
});

const Found = z.object({ runs: z.array(RunBrief), next: z.string().nullable() });

const Status = RunBrief.extend({
  steps: z.array(Step),
  omittedSteps: z.int(),
  /** The newest one. */
  changeSet: z
    .object({
      hash: z.string(),
      status: z.string(),
      effect: z.string(),
      risk: z.string(),
      touches: z.array(z.string()),
    })
    .nullable(),
});

const FromEvent = Run.extend({
  after: z.int().min(0).default(0).describe("`after` of the page before."),
  limit: z.int().min(1).max(200).default(50),
});

const Events = z.object({
  events: z.array(z.object({ seq: z.int(), type: z.string(), at: z.iso.datetime(), data: z.json() })),
  after: z.int(),
  more: z.boolean(),
});

export function runTools(server: McpServer, deps: McpDeps): void {
  const { client } = deps;

  tool(server, {
    name: "run_start",
    title: "Start a run",
    description:
      "Start a run of a runbook, as POST /runs does. It prepares by itself; what changes anything waits for approval by people wherever " +
      "policy says so. Follow it with run_wait.",
    effect: "destroys",
    idempotent: true,
    input: ToStart,
    output: RunBrief,
    run: async ({ requestId, ...call }) =>
      briefRun(deps, await repeatable("run", requestId, (options) => client.runs.create(call as never, options))),
  });

  tool(server, {
    name: "run_list",
    title: "List runs",
    description: "Runs that fit all that is given, newest first, page by page.",
    effect: "reads",
    input: Filter,
    output: Found,
    run: async ({ status, ...query }) => {
      const wanted = { ...query, ...(status === undefined ? {} : { status: status.join(",") }) };
      const { items, next } = await client.runs.list(wanted);
      return { runs: items.map((one) => briefRun(deps, one)), next };
    },
  });

  tool(server, {
    name: "run_get",
    title: "Status of a run",
    description: "One run as it stands: its status, what it waits for and who can end that, and its steps.",
    effect: "reads",
    input: Run,
    output: Status,
    run: async ({ run }) => {
      const detail = await client.runs.get(run);
      const steps = detail.steps.slice(0, mostSteps);
      const omittedSteps = detail.steps.length - steps.length;
      return { ...briefRun(deps, detail), steps, omittedSteps, changeSet: newestChangeSet(detail) };
    },
  });

  tool(server, {
    name: "run_events",
    title: "Events of a run",
    description: "The history of a run, oldest first, page by page: everything that happened to it.",
    effect: "reads",
    input: FromEvent,
    output: Events,
    run: async ({ run, after, limit }) => {
      const page = await client.runs.events(run, { after, limit });
      const events = page.events.map(({ seq, type, at, data }) => ({
        seq,
        type,
        at: new Date(at).toISOString(),
        data: data as never,
      }));
      return { events, after: page.after, more: page.more };
    },
  });
}

const mostSteps = 200;

function newestChangeSet({ changeSets }: RunDetail) {
  const newest = changeSets.at(-1);
  if (newest === undefined) return null;
  const { effect, risk, blastRadius } = newest.changeSet;
  return { hash: newest.hash, status: newest.status, effect, risk: risk.level, touches: blastRadius.touches };
}
