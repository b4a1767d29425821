import type { TriggerSource } from "@gantry/sdk/api";
import { finalStatuses } from "../../ui/final-statuses.ts";
import type { JsonSchema } from "../../ui/schema-form/index.ts";

type Kind = TriggerSource["kind"];

/** What is asked for each kind of trigger; the API has the same, and checks it. */
export const sources: Record<Kind, JsonSchema> = {
  schedule: {
    type: "object",
    properties: {
      cron: {
        type: "string",
        title: "When",
        default: "0 6 * * *",
        description:
          "Minute, hour, day of month, month, day of week: 0 6 * * 1 is each Monday at 6:00. Or @hourly, @daily",
      },
      timeZone: { type: "string", title: "Time zone", default: "UTC", description: "Such as Europe/Berlin" },
      missed: {
        enum: ["skip", "once", "all"],
        title: "Times that were missed",
        default: "once",
        description: "What becomes of times that passed while Gantry was off",
      },
    },
    required: ["cron"],
  },
  webhook: {
    type: "object",
    properties: {
      scheme: { enum: ["standard", "github", "gitlab", "alertmanager"], title: "Who sends", default: "standard" },
      secret: { type: "string", format: "secret", title: "Secret that signs" },
      perMinute: { type: "integer", title: "Deliveries a minute at most", minimum: 1, maximum: 100_000, default: 600 },
    },
    required: ["scheme", "secret"],
  },
  git: {
    type: "object",
    properties: {
      repository: { type: "string", title: "Repository", description: "By https, or a path on the workers' host" },
      ref: { type: "string", title: "Branch or tag", default: "main" },
      everyMs: { type: "integer", title: "Look every (ms)", minimum: 10_000, default: 60_000 },
    },
    required: ["repository", "ref"],
  },
  run: {
    type: "object",
    properties: {
      runbook: { type: "string", title: "Of which runbook", description: "Any, unless told" },
      environment: { type: "string", title: "In which environment", description: "Any, unless told" },
      status: { type: "array", title: "Ends", items: { enum: finalStatuses }, default: ["succeeded"] },
    },
  },
};
export const kinds = Object.keys(sources) as Kind[];
