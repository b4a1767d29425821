import type { RunDetail, RunFailure } from "@gantry/sdk/api";
import { goodDifferences } from "./good-differences.ts";
import { duration, utcTime } from "../../ui/time-words.ts";

/** The run as Markdown for a ticket: what, when, who, what went wrong, what differs from the last good run. */
export function incidentMarkdown(run: RunDetail, failure: RunFailure | null, address: string): string {
  const took = run.finishedAt === null ? null : Date.parse(run.finishedAt) - Date.parse(run.createdAt);
  return [
    `## ${inline(run.goal)}`,
    "",
    `- Run: [${run.id}](${address})`,
    `- Status: **${run.status.replaceAll("_", " ")}**`,
    `- Environment: ${inline(run.environment)} (project ${inline(run.project)})`,
    ...(run.runbook === null ? [] : [`- Runbook: ${inline(run.runbook)}`]),
    `- Requested by: ${inline(run.requester.name)}`,
    `- Started: ${utcTime(run.createdAt, true)}`,
    ...(run.finishedAt === null || took === null
      ? []
      : [`- Ended: ${utcTime(run.finishedAt, true)}, after ${duration(took)}`]),
    ...(failure === null ? [] : failureLines(failure)),
    "",
  ].join("\n");
}

function failureLines({ step, attempt, error, exitCode, command, host, tries, line, lastGood }: RunFailure): string[] {
  const plan = lastGood?.plan;
  const changed = lastGood === null ? [] : goodDifferences(lastGood);
  return [
    "",
    `### What went wrong${step === null ? "" : `: step ${inline(step.key)}`}`,
    "",
    `${inline(error.message)} (\`${error.code}\`)`,
    "",
    ...(exitCode === null ? [] : [`- Exit code: ${exitCode}`]),
    ...(command === null ? [] : [`- Command: ${code(command)}`]),
    ...(host === null ? [] : [`- Host: ${inline(host)}`]),
    ...(attempt === null ? [] : [`- Attempt: ${attempt.operation} ${attempt.number}, of ${tries} in all`]),
    ...(line === null ? [] : ["", ...fenced([...line.before, line.text, ...line.after])]),
    ...(lastGood === null
      ? []
      : [
          "",
          `### Other than in the last good run (${lastGood.run.id})`,
          "",
          ...(plan?.added ?? []).map((id) => `- step ${inline(id)} is new`),
          ...(plan?.removed ?? []).map((id) => `- step ${inline(id)} is gone`),
          ...changed.map(({ path, a, b }) => `- ${code(path)}: ${code(shown(a))} → ${code(shown(b))}`),
          ...(changed.length + (plan?.added.length ?? 0) + (plan?.removed.length ?? 0) === 0
            ? ["Nothing but time."]
            : []),
        ]),
  ];
}

function shown(value: unknown): string {
  return value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
}

/** Text that stays text: no headings, links, images or mentions of it. */
function inline(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>#|!@]/g, (mark) => `\\${mark}`);
}

function code(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, " ");
  const ticks = "`".repeat(longestTicks(oneLine) + 1);
  const room = oneLine.startsWith("`") || oneLine.endsWith("`") ? " " : "";
  return `${ticks}${room}${oneLine}${room}${ticks}`;
}

function fenced(lines: readonly string[]): string[] {
  const fence = "`".repeat(Math.max(3, longestTicks(lines.join("\n")) + 1));
  return [`${fence}text`, ...lines, fence];
}

function longestTicks(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
}
