import type { ChangeSet, ChangeSetEntry, UndoEntry } from "@gantry/sdk";

interface Cost {
  amount: string;
  currency: string;
}

/** What the previews say that it costs a month, by currency. */
export function costOf(entries: readonly ChangeSetEntry[]): Cost[] {
  const totals = new Map<string, { low: number; high: number }>();
  for (const { preview } of entries) {
    if (preview?.cost === undefined) continue;
    const { low, high, currency } = preview.cost;
    const total = totals.get(currency) ?? { low: 0, high: 0 };
    totals.set(currency, { low: total.low + low, high: total.high + high });
  }
  return [...totals].map(([currency, { low, high }]) => ({
    currency,
    amount: low === high ? low.toFixed(2) : `${low.toFixed(2)}–${high.toFixed(2)}`,
  }));
}

interface UndoOutlook {
  possible: UndoEntry[];
  /** What stays or is lost, step by step: whole steps, and limits of others. */
  limits: { step: string; text: string }[];
}

export function outlookOf({ steps }: ChangeSet["undo"]): UndoOutlook {
  return {
    possible: steps.filter(({ possible }) => possible),
    limits: steps.flatMap(({ step, possible, how, limits }) => [
      ...(possible ? [] : [{ step, text: how }]),
      ...limits.map((text) => ({ step, text })),
    ]),
  };
}

interface PolicyName {
  /** As the decision names it. */
  id: string;
  /** Its name and place (none, `project` or `project/environment`). Where its text stands; null: it is built in. */
  policy: { name: string; place: string } | null;
}

/** Decisions name a policy of an organization by level, name and statement: `project/careful/no-cancel`. */
export function policyOf(id: string, at: { project: string; environment: string }): PolicyName {
  const [level, name, ...statement] = id.split("/");
  if (level === undefined || name === undefined || statement.length === 0) return { id, policy: null };
  const place = { organization: "", project: at.project, environment: `${at.project}/${at.environment}` }[level];
  return { id, policy: place === undefined ? null : { name, place } };
}
