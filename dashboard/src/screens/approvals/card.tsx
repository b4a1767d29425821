import type { Digest } from "@gantry/sdk";
import type { ChangeSetView, RunApproval, RunDetail } from "@gantry/sdk/api";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { Command } from "../../ui/command.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { ChangeSet } from "../change-set/change-set.tsx";
import { ChangeSetState } from "../change-set/summary.tsx";
import { RunLink } from "../run/run-link.tsx";
import { Comments } from "./comments.tsx";
import { useRunApproval } from "./data.ts";
import { Decided } from "./decided.tsx";
import { DecisionBar } from "./decision-bar.tsx";
import { Expiry } from "./expiry.tsx";
import { StaleNotice } from "./stale-notice.tsx";
import { texts } from "./texts.ts";

const here = getRouteApi("/approvals/$run");

/** One change for one person to decide, who needn't know how any of it works. */
export function ApprovalScreen() {
  const said = useTexts(texts);
  const { run } = here.useParams();
  return (
    <Suspense
      fallback={
        <Page title={said.one}>
          <Loading />
        </Page>
      }
    >
      <Card key={run} run={run} />
    </Suspense>
  );
}

function Card({ run }: { run: string }) {
  const said = useTexts(texts);
  const { detail, approval } = useRunApproval(run);
  const newest = detail.changeSets.at(-1);
  if (newest === undefined || approval === null)
    return (
      <Page title={said.one}>
        <EmptyState title={said.nothing(detail.goal)} command={`npx gantry runs watch ${run}`} />
      </Page>
    );
  return <Decidable detail={detail} newest={newest} approval={approval} />;
}

function Decidable({ detail, newest, approval }: { detail: RunDetail; newest: ChangeSetView; approval: RunApproval }) {
  const said = useTexts(texts);
  const { hash: given } = here.useSearch();
  // What this person has before their eyes; it changes when they say so, not when the run does.
  const [seen, setSeen] = useState<Digest>(() => {
    return detail.changeSets.find(({ hash }) => hash === given)?.hash ?? newest.hash;
  });
  const looked = detail.changeSets.find(({ hash }) => hash === seen) ?? newest;
  const stale = looked.hash !== newest.hash;
  const { changeSet } = newest;
  return (
    <Page
      title={said.sentence(detail.requester.name, changeSet, detail.environment, detail.goal)}
      lead={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <ChangeSetState status={newest.status} />
          {newest.status === "open" && newest.expiresAt !== null && <Expiry at={newest.expiresAt} />}
        </span>
      }
    >
      <div className="space-y-4">
        <Decided run={detail.id} newest={newest} />
        {stale && <StaleNotice run={detail.id} looked={looked} newest={newest} onSeen={() => setSeen(newest.hash)} />}
        {stale ? (
          <div className="grid gap-4 lg:grid-cols-2">
            <Panel title={said.now}>
              <ChangeSet view={newest} project={detail.project} />
            </Panel>
            <Panel title={said.before}>
              <ChangeSet view={looked} project={detail.project} />
            </Panel>
          </div>
        ) : (
          <Panel title={said.what}>
            <ChangeSet view={newest} project={detail.project} />
          </Panel>
        )}
        <Panel title={said.who}>
          <Asked detail={detail} newest={newest} approval={approval} />
        </Panel>
        <Panel title={said.comments}>
          <Comments run={detail.id} view={newest} />
        </Panel>
        {newest.status === "open" && (
          <>
            <Command label={said.command}>{`npx gantry approve ${detail.id} ${newest.hash}`}</Command>
            <DecisionBar detail={detail} looked={looked} newest={newest} approval={approval} />
          </>
        )}
      </div>
    </Page>
  );
}

function Asked({ detail, newest, approval }: { detail: RunDetail; newest: ChangeSetView; approval: RunApproval }) {
  const said = useTexts(texts);
  const { triggeredBy, origin } = detail;
  return (
    <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[max-content_1fr] [&>dd]:[overflow-wrap:anywhere] [&>dt]:text-muted">
      <dt>{said.askedBy}</dt>
      <dd>
        {detail.requester.name}, <Time at={detail.createdAt} />
        {triggeredBy !== null && ` (${said.triggered(triggeredBy)})`}
      </dd>
      <dt>{said.why}</dt>
      <dd>{detail.goal}</dd>
      {origin !== null && (
        <>
          <dt>{said.madeFrom}</dt>
          <dd>
            {said.origins[origin.kind]} <RunLink run={origin.run} />
          </dd>
        </>
      )}
      <dt>{said.needs}</dt>
      <dd>
        {approval.needed.map(({ group, count, left }) => (
          <p key={group}>{said.groupNeeds(group, count, left)}</p>
        ))}
        {newest.approvals.map(({ actor, group, at, reason, onBehalfOf }) => (
          <p key={`${actor.id} ${group}`} className="text-good">
            {said.approvedBy(actor.name, group, onBehalfOf?.name ?? null)}, <Time at={at} />
            {reason !== null && <>: {reason}</>}
          </p>
        ))}
      </dd>
      <dt>{said.run}</dt>
      <dd className="flex flex-wrap items-center gap-2">
        <RunLink run={detail.id} />
        <RunState status={detail.status} />
      </dd>
    </dl>
  );
}
