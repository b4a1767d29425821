import type { RetentionKind } from "@gantry/sdk/api";

export const texts = {
  en: {
    title: "Retention",
    lead: "How long what is kept. What is past its days is archived or removed by itself.",
    kind: "What",
    kept: "Kept for",
    days: (days: number) => (days === 1 ? "1 day" : `${days} days`),
    forEver: "for ever",
    own: "Set by",
    byDefault: "Gantry's default",
    least: "At least",
    would: "Would go now",
    more: (count: number) => `more than ${count}`,
    mode: "Keep",
    modes: { days: "For some days", never: "For ever", default: "As Gantry does by default" },
    daysField: "Days",
    save: "Save",
    undo: (days: number) =>
      `A run that changed something is kept for ${days} days at least, because it can still be undone.`,
    purged: (runs: number, events: number) =>
      `Purged so far: ${runs} runs with ${events} events. Archives of them stay.`,
    twin: "The same at the command line",
    kinds: {
      runs: "Runs that have ended",
      logs: "Logs of ended runs",
      archives: "Archives of purged runs",
      audit: "Audit records (their hashes stay)",
      deliveries: "Notifications that were delivered or given up",
      occurrences: "What triggers did",
      states: "Old versions of Terraform states",
      secrets: "Old versions of secrets",
      keys: "Keys that have ended",
      invitations: "Invitations that have ended",
      delegations: "Delegations that have ended",
      "bulk-actions": "Lists of bulk actions",
    } satisfies Record<RetentionKind | "runs", string>,
  },
};
