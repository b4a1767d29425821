import type { ChangeSetView, RunDetail } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { buttonLook } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { ChangeSet } from "../change-set/change-set.tsx";
import { ChangeSetState } from "../change-set/summary.tsx";
import { texts } from "./texts.ts";

/** What the run changes, as people were asked about it: the newest in full, earlier ones behind a click. */
export function ChangesTab({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const [newest, ...earlier] = run.changeSets.toReversed();
  if (newest === undefined) return <EmptyState title={said.noChanges}>{said.noChangesWhy}</EmptyState>;
  return (
    <div className="space-y-4">
      <One run={run} view={newest} />
      {earlier.map((view) => (
        <details key={view.hash}>
          <summary className="text-muted mb-2 text-sm">
            {said.earlier} <Time at={view.createdAt} seconds /> <ChangeSetState status={view.status} />
          </summary>
          <One run={run} view={view} />
        </details>
      ))}
    </div>
  );
}

function One({ run, view }: { run: RunDetail; view: ChangeSetView }) {
  const said = useTexts(texts);
  return (
    <Panel
      title={said.gate(view.changeSet.gate)}
      actions={
        <>
          <ChangeSetState status={view.status} />
          {view.status === "open" && (
            <Link to="/approvals/$run" params={{ run: run.id }} className={buttonLook("plain", true)}>
              {said.lookAtChange}
            </Link>
          )}
        </>
      }
    >
      <div className="space-y-4">
        {view.approvals.length > 0 && (
          <ul className="text-muted space-y-0.5 text-sm">
            {view.approvals.map(({ actor, group, at, reason }) => (
              <li key={`${actor.id} ${group}`}>
                {said.approvedBy(actor.name, group)}, <Time at={at} seconds />
                {reason !== null && `: ${reason}`}
              </li>
            ))}
          </ul>
        )}
        <ChangeSet view={view} project={run.project} />
      </div>
    </Panel>
  );
}
