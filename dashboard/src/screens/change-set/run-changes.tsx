import type { RunDetail } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { buttonLook } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { ChangeSet } from "./change-set.tsx";
import { ChangeSetState } from "./summary.tsx";
import { texts } from "./texts.ts";

/** The change sets of a run: the newest whole, with the way to decide about it; earlier ones folded, with why they no longer hold. */
export function RunChanges({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const newest = run.changeSets.at(-1);
  if (newest === undefined) return <EmptyState title={said.none} command={`gantry runs show ${run.id} --diff`} />;
  const earlier = run.changeSets.slice(0, -1).toReversed();
  return (
    <div className="space-y-4">
      <Panel
        title={said.newest}
        actions={
          <>
            <ChangeSetState status={newest.status} />
            {newest.status === "open" && (
              <Link
                to="/approvals/$run"
                params={{ run: run.id }}
                search={{ hash: newest.hash }}
                className={buttonLook("primary", true)}
              >
                {said.decide}
              </Link>
            )}
          </>
        }
      >
        <ChangeSet view={newest} project={run.project} />
      </Panel>
      {earlier.map((view) => (
        <details key={view.hash} className="border-line bg-surface rounded-lg border px-3 py-2">
          <summary className="text-sm">
            {said.earlier} <Time at={view.createdAt} /> <ChangeSetState status={view.status} />
          </summary>
          <div className="mt-3 space-y-3">
            {view.ended !== null && view.ended.reason !== null && <Notice tone="info">{view.ended.reason}</Notice>}
            <ChangeSet view={view} project={run.project} />
          </div>
        </details>
      ))}
    </div>
  );
}
