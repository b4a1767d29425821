import type { QuotaKind } from "@gantry/sdk/api";

/** Written out: the contract needn't be loaded to read the configuration. */
const kinds: Readonly<Record<QuotaKind, true>> = {
  runs_at_once: true,
  queued_runs: true,
  steps_per_run: true,
  storage_bytes: true,
  submissions_per_hour: true,
  projects: true,
  members: true,
  keys: true,
};

/** `projects=20,members=100`; null where it isn't written like that. */
export function readFirstQuotas(text: string): Partial<Record<QuotaKind, number>> | null {
  const pairs = text.split(",").map((one) => /^\s*([a-z-]+)=(\d{1,15})\s*$/.exec(one));
  const quotas: Partial<Record<QuotaKind, number>> = {};
  for (const pair of pairs) {
    const kind = (pair?.[1] ?? "").replaceAll("-", "_");
    if (!Object.hasOwn(kinds, kind)) return null;
    quotas[kind as QuotaKind] = Number(pair?.[2]);
  }
  return quotas;
}
