import { z } from "zod";
import { endpoint } from "./endpoint.ts";

/** One thing that was looked at. */
export const DoctorCheck = z.object({
  name: z.string(),
  /** `missing` still lets everything else work; `broken` is required. */
  status: z.enum(["ok", "missing", "broken"]),
  /** What was found; where something is missing, what works without it. */
  text: z.string(),
  /** The command that mends it. */
  mend: z.string().optional(),
});
export type DoctorCheck = z.infer<typeof DoctorCheck>;

export const DoctorView = z.object({
  /** Nothing is broken. */
  ok: z.boolean(),
  checks: z.array(DoctorCheck),
});
export type DoctorView = z.infer<typeof DoctorView>;

/** What the server can be asked to look at alone. */
export const DoctorPart = z.enum([
  "database",
  "blobs",
  "encryption",
  "secrets",
  "installation",
  "backups",
  "workers",
  "kill-switch",
  "break-glass",
  "to-run",
  "mcp",
]);
export type DoctorPart = z.infer<typeof DoctorPart>;

export const doctor = {
  get: endpoint({
    id: "doctor.get",
    method: "GET",
    path: "/doctor",
    summary:
      "What works at the server, what is missing, what works without it, and the command that mends it; as much as the caller may look at.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({ only: DoctorPart.optional() }),
    answer: DoctorView,
  }),
} as const;
