import type { PolicyHead } from "@gantry/sdk/api";
import type { ReadStatement } from "./statement.ts";

/** What people are shown of statements. */
export function statementViews(statements: readonly ReadStatement[]): PolicyHead["statements"] {
  return statements.map(({ id, json }) => {
    const { annotations = {} } = json as { annotations?: Record<string, string | undefined> };
    const [group = "", count = ""] = annotations["approval"]?.split(":") ?? [];
    const approval = Number(count) >= 1 ? { group, count: Number(count) } : null;
    return { id: id ?? "", reason: annotations["reason"] || null, approval };
  });
}
