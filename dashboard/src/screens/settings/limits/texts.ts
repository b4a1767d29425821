import type { QuotaKind } from "@gantry/sdk/api";

export const texts = {
  en: {
    title: "Quotas",
    lead: "How much the organization may have. What would go past it is refused.",
    quotas: "Quotas",
    kind: "What",
    kinds: {
      runs_at_once: "Runs at the same time",
      queued_runs: "Runs in line",
      steps_per_run: "Steps of one run",
      storage_bytes: "Stored content",
      submissions_per_hour: "New runs in an hour",
      projects: "Projects",
      members: "Members",
      keys: "API keys",
    } satisfies Record<QuotaKind, string>,
    where: "Of",
    used: "Used",
    usedOf: (used: string, limit: string) => `${used} of ${limit}`,
    upTo: (limit: string) => `up to ${limit} each`,
    free: "no limit",
    edit: "Save",
    limit: "At most",
    limitBytes: "At most, in bytes",
    limitHint: "Leave it empty for no limit.",
  },
};
