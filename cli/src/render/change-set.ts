import type { ChangeSet, ChangeSetEntry } from "@gantry/sdk";
import type { ChangeSetView } from "@gantry/sdk/api";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { absolute, relative } from "./time.ts";
import { paintRisk, plural, renderApprovals, renderCounts } from "./words.ts";

const entriesShown = 12;
const touchesShown = 8;

/** What an approver must know: what, how much, how risky, what is touched, how it is undone, who decides, until when. */
export function renderChangeSet(view: ChangeSetView, options: Layout & { now: number }): string[] {
  const { changeSet, decision } = view;
  const { paint, now } = options;
  const given = view.approvals.map(({ actor, group, onBehalfOf, proof }) => {
    const notes = [group, ...(onBehalfOf ? [`for ${onBehalfOf.name}`] : []), ...(proof === null ? [] : [proof])];
    return `${actor.name} (${notes.join(", ")})`;
  });
  const said = view.comments.map(({ actor, text, at }) => `${absolute(at)} ${safeLine(actor.name)}: ${safeLine(text)}`);
  return [
    ...renderPairs(
      [
        [purposeOf(changeSet), safeLine(changeSet.goal)],
        [
          "change",
          `${renderCounts(changeSet.counts)} (add, change, destroy), ${changeSet.effect} ${changeSet.environment}`,
        ],
        ["cost", costOf(changeSet.entries)],
        [
          "risk",
          [paintRisk(paint, changeSet.risk.level), ...changeSet.risk.reasons.map((reason) => `- ${safeLine(reason)}`)],
        ],
        ["touches", touchesOf(changeSet)],
        ...(changeSet.gate === "undo"
          ? ([["what happens", takenBack(changeSet)]] as const)
          : ([
              ["steps", entriesOf(changeSet.entries)],
              ["undo", undoOf(changeSet)],
            ] as const)),
        [
          "policy",
          [safeLine(decision.policies.join(", ")), ...decision.reasons.map((reason) => `- ${safeLine(reason)}`)],
        ],
        ["needs", safeLine(renderApprovals(decision.approvals))],
        ["approved by", safeLine(given.join(", "))],
        ["told", safeLine(view.escalatedTo ?? "")],
        ["comments", said],
        ["asks", view.status === "previewed" ? "nobody: this is a dry run" : ""],
        ["expires", view.expiresAt === null ? "" : `${absolute(view.expiresAt)}, ${relative(view.expiresAt, now)}`],
        ["hash", view.hash],
      ],
      options,
    ),
  ];
}

/** The whole diffs, for people who want to look closely. */
export function renderDiffs(changeSet: ChangeSet, paint: Layout["paint"], safe: (text: string) => string): string[] {
  return changeSet.entries.flatMap(({ step, preview }) => {
    const diff = preview?.diff;
    return diff === undefined || diff === "" ? [] : [paint("bold", `--- ${step}`), safe(diff), ""];
  });
}

function purposeOf(changeSet: ChangeSet): string {
  return changeSet.gate === "undo" ? "undo of" : "goal";
}

function costOf(entries: readonly ChangeSetEntry[]): string {
  const totals = new Map<string, { low: number; high: number }>();
  for (const { preview } of entries) {
    if (preview?.cost === undefined) continue;
    const { low, high, currency } = preview.cost;
    const total = totals.get(currency) ?? { low: 0, high: 0 };
    totals.set(currency, { low: total.low + low, high: total.high + high });
  }
  const range = ({ low, high }: { low: number; high: number }): string =>
    low === high ? low.toFixed(2) : `${low.toFixed(2)} to ${high.toFixed(2)}`;
  return [...totals].map(([currency, total]) => `${range(total)} ${safeLine(currency)} a month`).join(", ");
}

function touchesOf({ blastRadius }: ChangeSet): string {
  const shown = blastRadius.touches.slice(0, touchesShown).map(safeLine);
  const more = blastRadius.touches.length - shown.length + blastRadius.omitted;
  if (shown.length === 0 && more === 0) return "nothing that the previews name";
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function entriesOf(entries: readonly ChangeSetEntry[]): string[] {
  const lines = entries.slice(0, entriesShown).map((entry) => {
    const counts = entry.preview === null ? "no preview" : renderCounts(entry.preview.counts);
    const notes = [counts, entry.effect, ...(entry.conditional ? ["if its condition holds"] : [])];
    return `${entry.step}: ${safeLine(entry.preview?.summary ?? entry.title)} (${notes.join(", ")})`;
  });
  const more = entries.length - entriesShown;
  return more > 0 ? [...lines, `and ${plural(more, "more step")}`] : lines;
}

/** The undo itself is what is approved: what each step does, and what stays. */
function takenBack({ undo }: ChangeSet): string[] {
  return undo.steps.length === 0 ? ["nothing is left to undo"] : undoSteps(undo);
}

function undoOf({ undo }: ChangeSet): string[] {
  if (undo.steps.length === 0) return ["nothing to undo"];
  return [undo.automatic ? "by itself when a step fails" : "only when somebody asks for it", ...undoSteps(undo)];
}

function undoSteps(undo: ChangeSet["undo"]): string[] {
  const possible = undo.steps.filter((step) => step.possible);
  const impossible = undo.steps.filter((step) => !step.possible);
  const limits = possible.flatMap(({ step, limits }) => limits.map((limit) => `${step}: ${safeLine(limit)}`));
  return [
    ...possible.slice(0, entriesShown).map(({ step, how }) => `${step}: ${safeLine(how)}`),
    ...(possible.length > entriesShown ? [`and ${plural(possible.length - entriesShown, "more step")}`] : []),
    ...(impossible.length + limits.length > 0 ? ["CAN'T BE UNDONE:"] : []),
    ...impossible.map(({ step, how }) => `- ${step}: ${safeLine(how)}`),
    ...limits.map((limit) => `- ${limit}`),
  ];
}
