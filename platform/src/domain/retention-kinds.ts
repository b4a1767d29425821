import { RetentionKind } from "@gantry/sdk/api";

interface KindRule {
  /** Null: for ever. */
  readonly defaultDays: number | null;
  /** What an auditor, a repeated delivery or a restore may still ask for. */
  readonly minimumDays: number;
}

/** What holds where an organization sets nothing, and what it can't go below. */
export const kindRules: Readonly<Record<RetentionKind, KindRule>> = {
  logs: { defaultDays: null, minimumDays: 1 },
  archives: { defaultDays: null, minimumDays: 30 },
  audit: { defaultDays: null, minimumDays: 90 },
  deliveries: { defaultDays: 30, minimumDays: 1 },
  occurrences: { defaultDays: 90, minimumDays: 7 },
  states: { defaultDays: null, minimumDays: 7 },
  secrets: { defaultDays: null, minimumDays: 1 },
  keys: { defaultDays: 365, minimumDays: 30 },
  invitations: { defaultDays: 90, minimumDays: 1 },
  delegations: { defaultDays: 365, minimumDays: 30 },
  "bulk-actions": { defaultDays: 365, minimumDays: 1 },
  "model-calls": { defaultDays: 365, minimumDays: 1 },
  prompts: { defaultDays: 30, minimumDays: 1 },
  memories: { defaultDays: 365, minimumDays: 1 },
};

export const retentionKinds = RetentionKind.options;
