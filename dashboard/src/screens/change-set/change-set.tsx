import type { ChangeSetView } from "@gantry/sdk/api";
import { useTexts } from "../../ui/texts.ts";
import { CopyButton } from "../../ui/command.tsx";
import { Entries } from "./entries.tsx";
import { costOf } from "./facts.ts";
import { PolicyReasons } from "./policy-reasons.tsx";
import { Fact, Counts, RiskMark, Touches } from "./summary.tsx";
import { texts } from "./texts.ts";
import { Outlook } from "./outlook.tsx";

/** What an approver must know: how much, how risky, what is touched, step by step, what if it fails, how it is undone, who decides. */
export function ChangeSet({ view, project }: { view: ChangeSetView; project: string }) {
  const said = useTexts(texts);
  const { changeSet, decision } = view;
  const costs = costOf(changeSet.entries);
  return (
    <div className="space-y-4">
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        <Fact title={said.change}>
          <Counts counts={changeSet.counts} effect={changeSet.effect} />
        </Fact>
        <Fact title={said.riskTitle}>
          <RiskMark level={changeSet.risk.level} />
          <ul className="text-muted mt-1 list-disc space-y-0.5 pl-4">
            {changeSet.risk.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </Fact>
        <Fact title={said.touches}>
          <Touches radius={changeSet.blastRadius} />
        </Fact>
        {costs.length > 0 && (
          <Fact title={said.cost}>
            {costs.map(({ amount, currency }) => (
              <p key={currency}>{said.monthly(amount, currency)}</p>
            ))}
          </Fact>
        )}
      </div>
      {changeSet.entries.length > 0 && <Entries entries={changeSet.entries} />}
      <Outlook changeSet={changeSet} />
      <PolicyReasons decision={decision} project={project} environment={changeSet.environment} />
      <details>
        <summary className="text-muted text-xs">{said.details}</summary>
        <div className="mt-1 flex flex-wrap items-center gap-2 text-xs">
          <span>{said.hash}</span>
          <code className="min-w-0 font-mono [overflow-wrap:anywhere]">{view.hash}</code>
          <CopyButton text={view.hash} />
        </div>
      </details>
    </div>
  );
}
