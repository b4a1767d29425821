import type { AcceptanceCheck, GoalView, Understanding } from "@gantry/sdk/api";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { statusWord } from "./words.ts";

/** How a sentence was understood, for people. */
export function renderUnderstanding(read: Understanding, layout: Layout): string[] {
  const {
    status,
    runbook,
    confidence,
    environment,
    parameters,
    missing,
    alternatives,
    checks,
    effect,
    notes,
    planner,
  } = read;
  const heads = { ready: "Understood", asks: "Something must be said first", refused: "Not understood" } as const;
  return [
    layout.paint("bold", heads[status]),
    ...renderPairs(
      [
        ["runbook", runbook === null ? "" : `${safeLine(runbook)} (${percent(confidence)} sure)`],
        ["environment", safeLine(environment ?? "")],
        ["effect", effect ?? ""],
        [
          "parameters",
          Object.entries(parameters).map(([name, value]) => safeLine(`${name} = ${JSON.stringify(value)}`)),
        ],
        ["checks", checks.map((check) => safeLine(describeCheck(check)))],
        ["missing", missing.map(({ name, question, options }) => safeLine(`${name}: ${question}${choices(options)}`))],
        ["notes", notes.map(safeLine)],
        ["a model", planner === null ? "" : `could plan it (${safeLine(planner)}): gantry goal "…" --with model`],
        [
          runbook === null ? "could do" : "or else",
          alternatives.map((other) => safeLine(`${other.title} (${other.runbook}, ${percent(other.confidence)})`)),
        ],
      ],
      layout,
    ),
  ];
}

export function renderGoal(goal: GoalView, layout: Layout): string[] {
  const { abandoned } = goal;
  return [
    layout.paint("bold", safeLine(goal.text)),
    ...renderPairs(
      [
        ["goal", goal.id],
        ["status", goal.status],
        [
          "abandoned",
          abandoned === null ? "" : safeLine(`${abandoned.at} by ${abandoned.by.name}: ${abandoned.reason}`),
        ],
        ["environment", `${goal.project}/${goal.environment}`],
        ["requester", safeLine(goal.requester.name)],
        ["runbook", safeLine(goal.runbook)],
        [
          "parameters",
          Object.entries(goal.parameters).map(([name, value]) => safeLine(`${name} = ${JSON.stringify(value)}`)),
        ],
        ["checks", goal.checks.map((check) => safeLine(describeCheck(check)))],
        ["runs", goal.runs.map(({ id, status, createdAt }) => `${id}  ${statusWord(status)}  ${createdAt}`)],
      ],
      layout,
    ),
  ];
}

function describeCheck(check: AcceptanceCheck): string {
  switch (check.kind) {
    case "http":
      return `${check.url} answers ${check.status}`;
    case "latency":
      return `p${check.percentile} of ${check.url} is below ${check.ms} ms`;
    default:
      return check satisfies never;
  }
}

function choices(options: readonly string[]): string {
  return options.length === 0 ? "" : ` (${options.join(", ")})`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
