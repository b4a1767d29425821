import type { RunSummary } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { keys, useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { utcTime } from "../../ui/time.tsx";
import { Differences } from "./differences.tsx";
import { StepDifferences } from "./steps.tsx";
import { texts } from "./texts.ts";
import { Timing } from "./timing.tsx";

const route = getRouteApi("/compare");

/** What differs between two runs. */
export function CompareScreen() {
  const said = useTexts(texts);
  const { a, b } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (search: { a?: string | undefined; b?: string | undefined }): void => void navigate({ search });
  return (
    <Page
      title={said.title}
      actions={
        a !== undefined && b !== undefined && <Button onClick={() => choose({ a: b, b: a })}>{said.swap}</Button>
      }
    >
      <Chooser a={a} b={b} onChoose={choose} />
      {a === undefined || b === undefined ? (
        <EmptyState title={said.chooseTwo} command="npx gantry runs compare <run> <other>" />
      ) : (
        <Comparison a={a} b={b} />
      )}
    </Page>
  );
}

function Chooser({
  a,
  b,
  onChoose,
}: {
  a: string | undefined;
  b: string | undefined;
  onChoose(search: { a?: string | undefined; b?: string | undefined }): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: [...keys.runs, "to-compare"],
    queryFn: () => client.runs.list({ limit: 50, subRuns: "false" }),
    throwOnError: false,
  });
  const options = (chosen: string | undefined) => {
    const runs = data?.items ?? [];
    const other =
      chosen === undefined || runs.some(({ id }) => id === chosen)
        ? []
        : [{ value: chosen, label: `${said.older} (${chosen})` }];
    const newest = runs.map((run) => ({ value: run.id, label: labelOf(run) }));
    return [{ value: "", label: said.choose }, ...other, ...newest];
  };
  return (
    <div className="mb-4 grid gap-3 sm:grid-cols-2">
      <SelectField
        label={said.first}
        value={a ?? ""}
        options={options(a)}
        onChange={({ target }) => onChoose({ a: target.value || undefined, b })}
      />
      <SelectField
        label={said.second}
        value={b ?? ""}
        options={options(b)}
        onChange={({ target }) => onChoose({ a, b: target.value || undefined })}
      />
      {error !== null && <ErrorNotice error={error} />}
    </div>
  );
}

const labelOf = ({ goal, environment, createdAt }: RunSummary): string =>
  `${goal.length > 70 ? `${goal.slice(0, 70)}…` : goal} · ${environment} · ${utcTime(createdAt)}`;

function Comparison({ a, b }: { a: string; b: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: [...keys.runs, "compare", a, b],
    queryFn: () => client.runs.compare(a, b),
    throwOnError: false,
  });
  if (data === undefined) return error === null ? <Loading what={said.comparison} /> : <ErrorNotice error={error} />;
  const { plan, changeSet } = data;
  return (
    <div className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <RunHead label={said.first} run={data.a} />
        <RunHead label={said.second} run={data.b} />
      </div>
      <Notice tone={data.same ? "good" : "info"}>{data.same ? said.same : said.differs}</Notice>
      <Panel title={said.timing} flush>
        <Timing {...data.timing} />
      </Panel>
      <Panel title={said.parameters} flush>
        <Differences label={said.parameters} list={data.parameters} />
      </Panel>
      <Panel title={said.plan} flush>
        {plan.added.length + plan.removed.length > 0 && (
          <ul className="border-line border-b px-3 py-2 text-sm">
            {plan.removed.map((step) => (
              <li key={step}>{said.removed(step)}</li>
            ))}
            {plan.added.map((step) => (
              <li key={step}>{said.added(step)}</li>
            ))}
          </ul>
        )}
        <Differences label={said.plan} list={[...plan.frame, ...plan.steps]} />
      </Panel>
      <Panel title={said.tools} flush>
        <Differences
          label={said.tools}
          list={data.tools.map(({ tool, ...versions }) => ({
            path: tool,
            ...(versions.a === null ? {} : { a: versions.a }),
            ...(versions.b === null ? {} : { b: versions.b }),
          }))}
        />
      </Panel>
      <Panel title={said.steps} flush>
        <StepDifferences steps={data.steps} />
      </Panel>
      <Panel title={said.changeSet} flush>
        <Differences label={said.changeSet} list={changeSet.differences} />
      </Panel>
      {data.omitted > 0 && <p className="text-muted text-sm">{said.omitted(data.omitted)}</p>}
      <Command>{`npx gantry runs compare ${a} ${b}`}</Command>
    </div>
  );
}

function RunHead({ label, run }: { label: string; run: RunSummary }) {
  return (
    <Panel title={label} actions={<RunState status={run.status} />}>
      <Link to="/runs/$run" params={{ run: run.id }} className="font-medium underline [overflow-wrap:anywhere]">
        {run.goal}
      </Link>
      <p className="text-muted mt-1 text-xs">
        {run.environment} · {run.runbook ?? run.id} · {run.requester.name} · {utcTime(run.createdAt)}
      </p>
    </Panel>
  );
}
