import { BulkFilter, RunStatus } from "@gantry/sdk/api";
import type { Config } from "./config.ts";
import { UsageError } from "./errors.ts";

const keys = [
  "status",
  "environment",
  "project",
  "runbook",
  "requester",
  "text",
  "created-after",
  "created-before",
  "run",
];

/**
 * The filter of a bulk action. What the surroundings say (a variable, `.gantry.json`) is no filter: whoever is about to cancel
 * runs has said which.
 * @throws {UsageError} for a key or value that makes no sense, and where nothing is given
 */
export function readBulkFilter(
  config: Pick<Config, "environment" | "project">,
  pairs: readonly string[] = [],
): BulkFilter {
  const filter: { [Key in keyof BulkFilter]?: unknown } = {};
  const { environment, project } = config;
  if (environment?.origin === "--environment") filter.environment = environment.value;
  if (project.origin === "--project") filter.project = project.value;
  for (const pair of pairs) {
    const [, key = "", value = ""] = /^([a-z-]+)=([^]+)$/.exec(pair) ?? [];
    switch (key) {
      case "status":
        filter.status = [...((filter.status as RunStatus[] | undefined) ?? []), ...value.split(",").map(readStatus)];
        break;
      case "run":
        filter.runs = [...((filter.runs as string[] | undefined) ?? []), ...value.split(",")];
        break;
      case "created-after":
      case "created-before":
        filter[key === "created-after" ? "createdAfter" : "createdBefore"] = readTime(key, value);
        break;
      case "environment":
      case "project":
      case "runbook":
      case "requester":
      case "text":
        if (filter[key] !== undefined) throw new UsageError(`${key} is given twice.`);
        filter[key] = value;
        break;
      default:
        throw new UsageError(`--filter ${JSON.stringify(pair)} isn't key=value, with a key of ${keys.join(", ")}.`);
    }
  }
  if (Object.keys(filter).length === 0)
    throw new UsageError(
      "Which runs? Without a filter nothing is done.",
      "--filter status=waiting --environment <name>",
    );
  const parsed = BulkFilter.safeParse(filter);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`The filter doesn't fit: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}.`);
}

function readStatus(word: string): RunStatus {
  const parsed = RunStatus.safeParse(word);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${JSON.stringify(word)} is no status of a run; there are ${RunStatus.options.join(", ")}.`);
}

function readTime(key: string, text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(`${key} must be a time like 2026-01-31T12:00:00Z, not ${JSON.stringify(text)}.`);
  return time.toISOString();
}
