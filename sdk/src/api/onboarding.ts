import { z } from "zod";
import { Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunStatus } from "./runs.ts";

/** On the way from an empty installation to a change that was approved, carried out and taken back, in this order. */
export const OnboardingStep = z.enum([
  /** Somebody signs in as owner. */
  "administrator",
  /** There is an environment where changes need an approval, and a worker that reaches it. */
  "target",
  /** A second person can approve. */
  "approver",
  /** A change was asked for in such an environment. */
  "change",
  /** Somebody else approved it. */
  "approval",
  /** It was carried out and verified. */
  "verified",
  /** It was taken back. */
  "undone",
  /** People are in a team. */
  "team",
]);
export type OnboardingStep = z.infer<typeof OnboardingStep>;

export const OnboardingView = z.object({
  steps: z.array(
    z.object({
      step: OnboardingStep,
      /** `waiting`: it is under way, and somebody else, or a run, is at it. */
      state: z.enum(["done", "waiting", "open"]),
    }),
  ),
  /** A change to try, which runs here as it is; null: this server has none (no git, workers elsewhere, no such environment). */
  example: z
    .object({
      runbook: z.string(),
      project: z.string(),
      environment: z.string(),
      parameters: z.record(z.string(), z.union([z.string(), z.number()])),
    })
    .nullable(),
  /** The change that got furthest; of those the newest. */
  run: z
    .object({ id: Uuid, runbook: z.string().nullable(), environment: z.string(), status: RunStatus, mine: z.boolean() })
    .nullable(),
  /** Open, to somebody who will be able to approve; told to those who may invite. */
  invitation: z.object({ id: Uuid, email: z.string().nullable(), expiresAt: Timestamp }).nullable(),
});
export type OnboardingView = z.infer<typeof OnboardingView>;

export const onboarding = {
  get: endpoint({
    id: "onboarding.get",
    method: "GET",
    path: "/onboarding",
    summary: "How far the organization is on the way to its first change, by what is there, and an example to try.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: OnboardingView,
  }),
} as const;
