import { z } from "zod";
import { Actor } from "../events.ts";
import { Name, Page, Reason, Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { CommandAnswer } from "./run-commands.ts";
import { RunParams } from "./runs.ts";

/** Once (without an end: until somebody ends it), or again and again from each time of `cron` for `durationMs`. */
export const FreezeTimes = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("once"), from: Timestamp, until: Timestamp.nullable().default(null) }),
  z.object({
    kind: z.literal("recurring"),
    cron: Text(200),
    timeZone: Text(100).default("UTC"),
    durationMs: z
      .int()
      .min(60_000)
      .max(31 * 24 * 3_600_000),
  }),
]);
export type FreezeTimes = z.infer<typeof FreezeTimes>;

export const FreezeView = z.object({
  id: Uuid,
  /** Null: every project of the organization. */
  project: z.string().nullable(),
  /** Null: every environment of the project. */
  environment: z.string().nullable(),
  reason: z.string(),
  actor: Actor,
  times: FreezeTimes,
  createdAt: Timestamp,
  /** The window that is open now, or else the next one; null when there is none to come. */
  window: z.object({ from: Timestamp, until: Timestamp.nullable(), open: z.boolean() }).nullable(),
});
export type FreezeView = z.infer<typeof FreezeView>;

export const freezes = {
  create: endpoint({
    id: "freezes.create",
    method: "POST",
    path: "/freezes",
    summary: "Freeze: in its windows nothing that changes anything starts.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    body: z
      .object({
        project: Name.optional(),
        environment: Name.optional(),
        reason: Reason,
        times: FreezeTimes,
      })
      .strict(),
    answer: FreezeView,
    status: 201,
  }),
  list: endpoint({
    id: "freezes.list",
    method: "GET",
    path: "/freezes",
    summary: "Freezes that are not over.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(FreezeView),
  }),
  end: endpoint({
    id: "freezes.end",
    method: "DELETE",
    path: "/freezes/:freeze",
    summary: "End a freeze now, with all its windows to come; the runs that it holds go on.",
    scope: "admin",
    resource: { kind: "freeze", param: "freeze" },
    params: z.object({ freeze: Uuid }),
    status: 204,
  }),
  override: endpoint({
    id: "freezes.override",
    method: "POST",
    path: "/runs/:run/override-freeze",
    summary: "Let one run go on although it is frozen. The reason stays in its history.",
    scope: "admin",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: z.object({ reason: Reason }),
    answer: CommandAnswer,
  }),
} as const;
