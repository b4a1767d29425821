import { OccurrenceOutcome, type TriggerView } from "@gantry/sdk/api";
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { EditTrigger } from "./edit-trigger.tsx";
import { OutcomeMark, TriggerState } from "./marks.tsx";
import { texts } from "./texts.ts";

const route = getRouteApi("/triggers/$trigger");

/** One trigger: what it does, and all that it saw. */
export function TriggerScreen() {
  const { trigger: id } = route.useParams();
  const client = useClient();
  const { data: trigger } = useSuspenseQuery({
    queryKey: [...keys.runs, "triggers", id],
    queryFn: () => client.triggers.get(id),
  });
  const said = useTexts(texts);
  const mayRun = useMay("run");
  const { paused } = trigger;
  return (
    <Page
      title={trigger.name}
      lead={said.kinds[trigger.source.kind]}
      actions={<TriggerState paused={paused !== null} />}
    >
      <div className="space-y-4">
        {paused !== null && <Notice tone="warn">{said.pausedBy(paused.by.name, paused.reason)}</Notice>}
        {mayRun && <Actions trigger={trigger} />}
        <Panel>
          <Facts trigger={trigger} />
        </Panel>
        <History id={id} />
      </div>
    </Page>
  );
}

function Facts({ trigger }: { trigger: TriggerView }) {
  const said = useTexts(texts);
  const { project, environment, source, runbook, runbookVersion, dueAt, when, hook, actor, parameters } = trigger;
  const mapping = Object.entries(trigger.mapping);
  return (
    <dl className="grid gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
      <Fact name={said.when}>{said.source(source)}</Fact>
      <Fact name={said.runs}>
        <Link to="/runbooks/$name" params={{ name: runbook }} className="text-accent underline">
          {runbook}
          {runbookVersion === null ? "" : `@${runbookVersion}`}
        </Link>
      </Fact>
      <Fact name={said.where}>
        {project} / {environment}
      </Fact>
      {dueAt !== null && trigger.paused === null && (
        <Fact name={said.next}>
          <Time at={dueAt} />
        </Fact>
      )}
      {when !== null && (
        <Fact name={said.condition}>
          <code className="font-mono text-xs">{when}</code>
        </Fact>
      )}
      <Fact name={said.actsFor}>{actor.name}</Fact>
      {Object.keys(parameters).length > 0 && (
        <Fact name={said.parameters}>
          <code className="font-mono text-xs [overflow-wrap:anywhere]">{JSON.stringify(parameters)}</code>
        </Fact>
      )}
      {mapping.length > 0 && (
        <Fact name={said.mapping}>
          <code className="font-mono text-xs [overflow-wrap:anywhere]">
            {mapping.map(([name, expression]) => `${name} = ${expression}`).join("; ")}
          </code>
        </Fact>
      )}
      {hook !== null && (
        <Fact name={said.hook}>
          <Command>{`${location.origin}${hook}`}</Command>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

function Actions({ trigger }: { trigger: TriggerView }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState(false);
  const [editing, setEditing] = useState(false);
  const { id, name, paused } = trigger;
  const act = useMutation({
    mutationFn: async (action: "pause" | "resume" | "fire"): Promise<void> => {
      await client.triggers[action](id);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: [...keys.runs, "triggers"] }),
  });
  const remove = useMutation({
    mutationFn: () => client.triggers.remove(id),
    onSuccess: () => void navigate({ to: "/triggers" }),
  });
  const steer = paused === null ? "pause" : "resume";
  const working = (action: string): boolean => act.isPending && act.variables === action;
  return (
    <div className="space-y-2">
      {act.error !== null && <ErrorNotice error={act.error} />}
      <div className="flex flex-wrap gap-2">
        <Button pending={working(steer)} onClick={() => act.mutate(steer)}>
          {said[steer]}
        </Button>
        <Button pending={working("fire")} onClick={() => act.mutate("fire")}>
          {said.fire}
        </Button>
        <Button onClick={() => setEditing(true)}>{said.edit} …</Button>
        <Button kind="quiet" onClick={() => setRemoving(true)}>
          {said.remove} …
        </Button>
      </div>
      {editing && <EditTrigger trigger={trigger} onClose={() => setEditing(false)} />}
      <Dialog
        open={removing}
        onClose={() => setRemoving(false)}
        title={said.removeTitle(name)}
        footer={
          <Button kind="danger" pending={remove.isPending} onClick={() => remove.mutate()}>
            {said.remove}
          </Button>
        }
      >
        <p>{said.removeText}</p>
        {remove.error !== null && <ErrorNotice error={remove.error} />}
      </Dialog>
    </div>
  );
}

function History({ id }: { id: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const navigate = useNavigate();
  const outcome = OccurrenceOutcome.safeParse(route.useSearch().outcome).data;
  const pages = useInfiniteQuery({
    queryKey: [...keys.runs, "triggers", id, "history", outcome],
    queryFn: ({ pageParam }) =>
      client.triggers.history(id, {
        ...(outcome === undefined ? {} : { outcome }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  const items = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title={said.history} flush>
      <div className="border-line border-b p-3">
        <SelectField
          className="max-w-xs"
          label={said.outcome}
          value={outcome ?? ""}
          onChange={(event) => {
            const chosen = OccurrenceOutcome.safeParse(event.target.value).data;
            void navigate({
              to: "/triggers/$trigger",
              params: { trigger: id },
              search: chosen === undefined ? {} : { outcome: chosen },
              replace: true,
            });
          }}
          options={[
            { value: "", label: said.allOutcomes },
            ...OccurrenceOutcome.options.map((one) => ({ value: one, label: said.outcomes[one] })),
          ]}
        />
      </div>
      {items === undefined && <Loading />}
      {items?.length === 0 && <p className="text-muted p-3 text-sm">{said.noHistory}</p>}
      <ul className="divide-line divide-y">
        {items?.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
            <OutcomeMark outcome={one.outcome} />
            <span className="min-w-0 flex-1 basis-48 [overflow-wrap:anywhere]">{one.reason}</span>
            {one.count > 1 && <span className="text-muted text-xs">{said.times(one.count)}</span>}
            {one.run !== null && (
              <a href={`/runs/${one.run}`} className="text-accent text-xs underline">
                {said.run} {one.run.slice(0, 8)}
              </a>
            )}
            <Time at={one.at} />
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <div className="p-3">
          <Button pending={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {said.more}
          </Button>
        </div>
      )}
    </Panel>
  );
}
