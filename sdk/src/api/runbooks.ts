import { z } from "zod";
import { Decision, Risk } from "../change-set.ts";
import { Digest, JsonObject } from "../json.ts";
import { Deprecation } from "../runbook.ts";
import { RunbookChange } from "../runbook-file/diff.ts";
import { RunbookProblem } from "../runbook-file/problem.ts";
import { RunbookName, RunbookVersion } from "../runbook-file/schema.ts";
import { Page, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { PlanView } from "./plans.ts";
import { RunbookCall } from "./runs.ts";

/** Where a runbook comes from: an installed agent, a file of the server's folder, or its organization published it. */
export const RunbookOrigin = z.enum(["agent", "file", "published"]);
export type RunbookOrigin = z.infer<typeof RunbookOrigin>;

export const RunbookView = z.object({
  name: z.string(),
  version: z.string(),
  origin: RunbookOrigin,
  /** Null for runbooks that are no agent's. */
  agent: z.string().nullable(),
  title: z.string(),
  description: z.string().nullable(),
  intents: z.array(z.string()),
  examples: z.array(z.string()),
  deprecated: Deprecation.nullable(),
  /** JSON Schema of the parameters. */
  parameters: JsonObject,
});
export type RunbookView = z.infer<typeof RunbookView>;

export const RunbookVersionView = z.object({
  name: z.string(),
  version: z.string(),
  origin: RunbookOrigin,
  /** Of the file, as sha256sum gives it; null for an agent's, which is no file. */
  digest: Digest.nullable(),
  /** What the name alone means. */
  current: z.boolean(),
  /** Null for what is installed. */
  publishedAt: Timestamp.nullable(),
  /** Who published it. */
  actor: z.string().nullable(),
  deprecated: Deprecation.nullable(),
});
export type RunbookVersionView = z.infer<typeof RunbookVersionView>;

/** Files that may include each other, and published and installed runbooks. */
export const RunbookFiles = z.object({
  files: z
    .array(z.object({ file: z.string().min(1).max(500), text: z.string().max(300_000) }))
    .min(1)
    .max(100),
});
export type RunbookFiles = z.infer<typeof RunbookFiles>;

const params = z.object({ name: z.string().max(200), version: z.string().max(100) });

export const runbooks = {
  list: endpoint({
    id: "runbooks.list",
    method: "GET",
    path: "/runbooks",
    summary: "Runbooks that can be run, each in its current version.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(RunbookView),
  }),
  get: endpoint({
    id: "runbooks.get",
    method: "GET",
    path: "/runbooks/:name",
    summary: "One runbook, with the JSON Schema of its parameters; `name@version` for a certain version.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: z.object({ name: z.string().max(300) }),
    answer: RunbookView,
  }),
  versions: endpoint({
    id: "runbooks.versions",
    method: "GET",
    path: "/runbooks/:name/versions",
    summary: "Versions of a runbook, newest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: params.pick({ name: true }),
    answer: Page(RunbookVersionView),
  }),
  source: endpoint({
    id: "runbooks.source",
    method: "GET",
    path: "/runbooks/:name/versions/:version",
    summary: "One version, with its file.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    answer: RunbookVersionView.extend({
      /** Null for an agent's. */
      source: z.string().nullable(),
    }),
  }),
  publish: endpoint({
    id: "runbooks.publish",
    method: "PUT",
    path: "/runbooks/:name/versions/:version",
    summary:
      "Publish a file as a version of a runbook. What was published never changes; the same file again is no change.",
    scope: "runbooks",
    params: z.object({ name: RunbookName, version: RunbookVersion }),
    body: z.object({ source: z.string().max(300_000), file: z.string().min(1).max(500).default("runbook.yaml") }),
    answer: RunbookVersionView.extend({
      /** Warnings. */
      problems: z.array(RunbookProblem),
    }),
  }),
  deprecate: endpoint({
    id: "runbooks.deprecate",
    method: "PUT",
    path: "/runbooks/:name/versions/:version/deprecation",
    summary: "Say that something else should be used instead of a published version.",
    scope: "runbooks",
    params,
    body: Deprecation,
    answer: RunbookVersionView,
  }),
  restore: endpoint({
    id: "runbooks.restore",
    method: "DELETE",
    path: "/runbooks/:name/versions/:version/deprecation",
    summary: "Take the deprecation of a published version back.",
    scope: "runbooks",
    params,
    answer: RunbookVersionView,
  }),
  diff: endpoint({
    id: "runbooks.diff",
    method: "GET",
    path: "/runbooks/:name/versions/:version/diff",
    summary: "What a version changes: parameters and steps that were added, removed or changed since `from`.",
    scope: "read",
    resource: { kind: "anywhere" },
    params,
    query: z.object({ from: z.string().max(100) }),
    answer: z.object({ changes: z.array(RunbookChange) }),
  }),
  check: endpoint({
    id: "runbooks.check",
    method: "POST",
    path: "/runbooks/check",
    summary: "Check files of runbooks against the tools and runbooks that there are. Nothing is kept.",
    scope: "read",
    resource: { kind: "anywhere" },
    body: RunbookFiles,
    answer: z.object({ problems: z.array(RunbookProblem) }),
  }),
  render: endpoint({
    id: "runbooks.render",
    method: "POST",
    path: "/runbooks/render",
    summary:
      "Make the plan of a runbook's file for these parameters, without running it. The first file is the runbook.",
    scope: "run",
    resource: { kind: "place", in: "body" },
    body: RunbookFiles.extend({
      ...RunbookCall.omit({ runbook: true }).shape,
      /** Without it any environment will do, and risk and policy aren't looked at. */
      assess: z.boolean().default(true),
    }),
    answer: PlanView.extend({ decision: Decision.nullable(), risk: Risk.nullable() }),
  }),
} as const;
