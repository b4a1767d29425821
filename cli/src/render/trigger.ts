import type { OccurrenceView, TriggerSource, TriggerView } from "@gantry/sdk/api";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import type { Column } from "./table.ts";
import { absolute, duration } from "./time.ts";

/** `at 30 6 * * * (Europe/Berlin)`: when it fires, in a few words. */
export function describeSource(source: TriggerSource): string {
  switch (source.kind) {
    case "schedule":
      return `at ${source.cron} (${source.timeZone})`;
    case "webhook":
      return `on a ${source.scheme} webhook`;
    case "git":
      return `on a new commit of ${source.ref} in ${source.repository}`;
    case "run":
      return `when ${source.runbook ?? "a run"} is ${source.status.join(" or ").replaceAll("_", " ")}`;
    default:
      return source satisfies never;
  }
}

/** What `gantry trigger show` prints. */
export function renderTrigger(trigger: TriggerView, server: string, layout: Layout): string[] {
  const { source, runbook, runbookVersion, environment, project, parameters, mapping, paused, latest } = trigger;
  const pairs: [string, string | string[]][] = [
    ["fires", describeSource(source)],
    ...detailsOf(source),
    ["when", trigger.when ?? ""],
    ["runs", `${runbook} ${runbookVersion ?? "(latest)"} on ${project}/${environment}`],
    [
      "with",
      [
        ...Object.entries(parameters).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
        ...Object.entries(mapping).map(([name, cel]) => `${name}: from ${cel}`),
      ],
    ],
    ["for", trigger.actor.name],
    ["address", trigger.hook === null ? "" : new URL(trigger.hook, server).href],
    [source.kind === "schedule" ? "next" : "looks", trigger.dueAt === null ? "" : absolute(trigger.dueAt)],
    [
      "paused",
      paused === null ? "" : `by ${paused.by.name}, ${absolute(paused.since)}: ${paused.reason ?? "no reason given"}`,
    ],
    [
      "latest",
      latest === null ? "" : `${outcomeWord(latest)} ${absolute(latest.lastAt)} ${latest.run ?? latest.reason ?? ""}`,
    ],
  ];
  const safe = pairs.map(
    ([name, text]) => [name, typeof text === "string" ? safeLine(text) : text.map(safeLine)] as const,
  );
  return [`${layout.paint("bold", trigger.name)}  ${trigger.id}`, ...renderPairs(safe, layout)];
}

function detailsOf(source: TriggerSource): [string, string][] {
  switch (source.kind) {
    case "schedule":
      return [
        ["missed", source.missed === "all" ? `all, ${source.missedLimit} at most` : source.missed],
        ...(source.jitterMs > 0 ? [["jitter", `up to ${duration(source.jitterMs)}`] as [string, string]] : []),
      ];
    case "webhook":
      return [["secret", `${source.secret}, its former version for ${duration(source.overlapMs)} too`]];
    case "git":
      return [["every", ` ${duration(source.everyMs)}`]];
    case "run":
      return source.environment === undefined ? [] : [["on", source.environment]];
    default:
      return source satisfies never;
  }
}

function outcomeWord({ outcome, count }: OccurrenceView): string {
  return `${outcome.replaceAll("_", " ")}${count > 1 ? ` x${count}` : ""}`;
}

export const occurrenceColumns: Column<OccurrenceView>[] = [
  { title: "AT", text: ({ lastAt }) => lastAt, short: ({ lastAt }) => absolute(lastAt) },
  { title: "OUTCOME", text: outcomeWord },
  { title: "RUN", text: ({ run }) => run ?? "", give: 2, whole: true },
  { title: "WHY", text: ({ reason }) => safeLine(reason ?? ""), give: 1 },
  { title: "PAYLOAD", text: ({ digest }) => digest ?? "", give: 3 },
];
