import { z } from "zod";
import { endpoint } from "./endpoint.ts";

/** What a process of the platform was told. Never the value of a secret. */
export const ConfigurationView = z.object({
  profile: z.string(),
  settings: z.array(
    z.object({
      /** Of the variable. */
      name: z.string(),
      /** Null: not set, or a secret. */
      value: z.string().nullable(),
      secret: z.boolean(),
      source: z.enum(["environment", "file", "profile", "default"]),
      /** For people: which line of which file. */
      origin: z.string(),
    }),
  ),
  /** What was written down and has no effect. */
  warnings: z.array(z.string()),
});
export type ConfigurationView = z.infer<typeof ConfigurationView>;

export const configuration = {
  get: endpoint({
    id: "configuration.get",
    method: "GET",
    path: "/configuration",
    summary: "What the process that answers was told: every variable with its origin, without secrets.",
    scope: "admin:everywhere",
    answer: ConfigurationView,
  }),
} as const;
