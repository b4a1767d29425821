import type { AttemptView, RunDetail } from "@gantry/sdk/api";

export interface Attempts {
  of(id: string): { step: string; title: string; attempt: AttemptView } | undefined;
  failed: ReadonlySet<string>;
}

/** Which step an attempt belongs to, by its id. */
export function attemptsOf({ steps }: RunDetail): Attempts {
  const all = new Map(
    steps.flatMap(({ key, title, attempts }) =>
      attempts.map((attempt) => [attempt.id, { step: key, title, attempt }] as const),
    ),
  );
  const failed = [...all.values()].filter(({ attempt }) => attempt.status === "failed" || attempt.status === "unknown");
  return { of: (id) => all.get(id), failed: new Set(failed.map(({ attempt }) => attempt.id)) };
}
