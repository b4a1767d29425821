import { GantryError, type Json } from "@gantry/sdk";
import { QueueGroup, RunStatus } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { z } from "zod";
import { builtInTool } from "./built-in.ts";
import { mapTexts } from "../lib/map-texts.ts";
import { shownAudit, shownRun, shownRunShortly } from "./records-shown.ts";
import type { MindTool } from "./types.ts";

/** What thinking reads of the platform, with the rights of whoever asked for the run. */
export interface RecordsClient {
  runs: Pick<Client["runs"], "list" | "get" | "failure">;
  queue: Client["queue"];
  models: Pick<Client["models"], "costs">;
  states: Pick<Client["states"], "list">;
  audit: Pick<Client["audit"], "list">;
}

/** It lies elsewhere than the run, whose history others may read. */
export class RecordElsewhereError extends GantryError {
  readonly code = "record_elsewhere";
  constructor(run: string, here: Place) {
    super(
      `Run ${run} isn't of ${here.project}/${here.environment}, where this question was asked. Say so in your answer.`,
      {
        details: { run },
      },
    );
  }
}

interface Place {
  project: string;
  environment: string;
}

const dayMs = 86_400_000;
const rows = z.int().min(1).max(50).default(20);
const Run = z.uuid().describe("The run's id, whole");

/**
 * Tools over the platform's own records. They see only what lies where the run works: what they read stands in its history, for everybody who may read
 * that, and a model that read something hostile must not be able to carry more into it.
 */
export function recordTools({
  open,
  run: own,
  redact,
  now,
}: {
  open(): Promise<RecordsClient>;
  run: string;
  redact(text: string): string;
  now(): number;
}): MindTool[] {
  let opened: Promise<{ client: RecordsClient; here: Place }> | undefined;
  const connect = async () => {
    const client = await open();
    const { project, environment } = await client.runs.get(own);
    return { client, here: { project, environment } };
  };
  const read =
    <Input>(work: (input: Input, client: RecordsClient, here: Place) => Promise<unknown>) =>
    async (input: Input): Promise<Json> => {
      const { client, here } = await (opened ??= connect().catch((error: unknown) => {
        opened = undefined;
        throw error;
      }));
      return mapTexts((await work(input, client, here)) as Json, redact);
    };
  const tool = <Input extends z.ZodType>(
    name: string,
    title: string,
    input: Input,
    work: (input: z.output<Input>, client: RecordsClient, here: Place) => Promise<unknown>,
  ) => builtInTool({ name: `records.${name}`, title, effect: "reads", input, vouched: false, call: read(work) });

  return [
    tool(
      "runs",
      "Find runs of this place, newest first: by status, runbook, who asked, words of the goal, time",
      z.strictObject({
        status: z.array(RunStatus).min(1).max(10).optional(),
        runbook: z.string().min(1).max(200).optional(),
        requester: z.string().min(1).max(200).optional().describe("Name or id"),
        text: z.string().min(1).max(200).optional().describe("In the goal, or what the id begins with"),
        createdAfter: z.iso.datetime().optional(),
        createdBefore: z.iso.datetime().optional(),
        limit: rows,
      }),
      async ({ status, ...filter }, client, here) => {
        const given = { ...filter, ...here, ...(status && { status: status.join(",") }) };
        const { items, next } = await client.runs.list(defined(given));
        return { runs: items.filter(({ id }) => id !== own).map(shownRunShortly), more: next !== null };
      },
    ),
    tool(
      "run",
      "One run: its steps, why it failed with the first failing line of the log, what was to change, who approved it, what its models cost",
      z.strictObject({ run: Run }),
      async ({ run }, client, here) => {
        const detail = await client.runs.get(run);
        if (detail.project !== here.project || detail.environment !== here.environment)
          throw new RecordElsewhereError(run, here);
        const [{ failure }, costs] = await Promise.all([
          client.runs.failure(run),
          client.models.costs({ by: "model", run, since: detail.createdAt }),
        ]);
        return shownRun(detail, { failure, costs: costs.items });
      },
    ),
    tool(
      "queue",
      "Runs of this place that haven't ended: in line, running or waiting, since when, for what, and who can end it",
      z.strictObject({ group: QueueGroup.optional(), limit: rows }),
      async (filter, client, here) => {
        const { items, counts } = await client.queue.list(defined({ ...filter, ...here }));
        return {
          counts,
          runs: items.map((one) => ({
            ...shownRunShortly(one),
            group: one.group,
            since: one.since,
            steps: one.steps.slice(0, 10).map(({ title, tool: uses, since }) => ({ title, tool: uses, since })),
          })),
        };
      },
    ),
    tool(
      "costs",
      "What calls to models from this place cost, the dearest first; micros are millionths of a US dollar",
      z.strictObject({
        by: z.enum(["model", "connection", "agent", "project", "run", "step", "day"]),
        days: z.int().min(1).max(365).default(30),
        run: Run.optional(),
        limit: rows,
      }),
      async ({ by, days, run, limit }, client, here) => {
        const since = new Date(now() - days * dayMs).toISOString();
        const { items, currency } = await client.models.costs(defined({ by, since, run, ...here }));
        const total = items.reduce((sum, { micros }) => sum + micros, 0);
        return { since, currency, total, items: items.slice(0, limit), more: items.length > limit };
      },
    ),
    tool(
      "states",
      "Terraform states of this place: version, size, when they changed, and who holds their locks",
      z.strictObject({ limit: rows }),
      async ({ limit }, client, here) => {
        const { items } = await client.states.list();
        const found = items.filter((one) => one.project === here.project && one.environment === here.environment);
        return { states: found.slice(0, limit), more: found.length > limit };
      },
    ),
    tool(
      "audit",
      "Who did what at this place, newest first, from the audit trail",
      z.strictObject({
        action: z
          .string()
          .regex(/^[A-Za-z_.]{1,100}$/)
          .optional()
          .describe("What it begins with, such as `runs.` or `approval.`"),
        actor: z.string().min(1).max(200).optional().describe("Name or id"),
        run: Run.optional(),
        result: z.enum(["allowed", "denied", "failed"]).optional(),
        from: z.iso.datetime().optional(),
        to: z.iso.datetime().optional(),
        limit: rows,
      }),
      async (filter, client, here) => {
        const { items, next } = await client.audit.list(defined({ ...filter, ...here }));
        return { entries: items.map(shownAudit), more: next !== null };
      },
    ),
  ];
}

/** Queries have no undefined. */
function defined<T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never;
}
