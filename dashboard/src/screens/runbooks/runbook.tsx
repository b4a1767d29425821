import type { RunbookView } from "@gantry/sdk/api";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { buttonLook } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { labelOf, type JsonSchema } from "../../ui/schema-form/index.ts";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { typeOf } from "./type-of.ts";
import { texts } from "./texts.ts";

const route = getRouteApi("/runbooks/$name");

/** One runbook: what it is for, what it takes, and its versions. */
export function RunbookScreen() {
  const said = useTexts(texts);
  const { name } = route.useParams();
  const client = useClient();
  const mayRun = useMay("run");
  const { data: runbook } = useSuspenseQuery({
    queryKey: [...keys.settings, "runbooks", name],
    queryFn: () => client.runbooks.get(name),
  });
  const actions = mayRun && (
    <>
      <Link to="/compose" search={{ by: "runbook", runbook: runbook.name, try: true }} className={buttonLook()}>
        {said.tryIt}
      </Link>
      <Link to="/compose" search={{ by: "runbook", runbook: runbook.name }} className={buttonLook("primary")}>
        {said.run}
      </Link>
    </>
  );
  const lead = (
    <span className="font-mono text-xs">
      {runbook.name} {runbook.version} · {runbook.agent ?? said.origins[runbook.origin]}
    </span>
  );
  return (
    <Page title={runbook.title} lead={lead} actions={actions}>
      <div className="space-y-4">
        <About runbook={runbook} />
        <Parameters schema={runbook.parameters} />
        <Versions name={runbook.name} current={runbook.version} />
        <Command label={said.atTerminal}>{`npx gantry runbooks show ${runbook.name}`}</Command>
      </div>
    </Page>
  );
}

function About({ runbook: { description, intents, examples, deprecated } }: { runbook: RunbookView }) {
  const said = useTexts(texts);
  const lists = [
    [said.intents, intents],
    [said.examples, examples],
  ] as const;
  return (
    <>
      {deprecated !== null && (
        <Notice tone="warn">{said.deprecatedSince(deprecated.since, deprecated.use, deprecated.reason)}</Notice>
      )}
      {description !== null && <p className="text-sm">{description}</p>}
      {lists.map(
        ([title, sentences]) =>
          sentences.length > 0 && (
            <p key={title} className="text-sm">
              <span className="text-muted">{title} </span>
              {sentences.map((one) => `“${one}”`).join(", ")}
            </p>
          ),
      )}
    </>
  );
}

function Parameters({ schema }: { schema: JsonSchema }) {
  const said = useTexts(texts);
  const { properties = {}, required = [] } = schema;
  const names = Object.entries(properties);
  return (
    <Panel title={said.parameters} flush>
      {names.length === 0 && <p className="text-muted p-3 text-sm">{said.noParameters}</p>}
      <dl className="divide-line divide-y">
        {names.map(([name, one]) => (
          <div key={name} className="grid gap-x-4 px-3 py-2 text-sm sm:grid-cols-[14rem_minmax(0,1fr)]">
            <dt>
              {labelOf(name, one)} <code className="text-muted font-mono text-xs">{name}</code>
            </dt>
            <dd>
              {one.description}
              <p className="text-muted text-xs [overflow-wrap:anywhere]">
                {typeOf(one, schema)}
                {", "}
                {required.includes(name) && one.default === undefined ? said.required : said.optional}
                {one.default !== undefined && `, ${said.unlessTold(JSON.stringify(one.default))}`}
              </p>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Versions({ name, current }: { name: string; current: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useQuery({
    queryKey: [...keys.settings, "runbooks", name, "versions"],
    queryFn: () => client.runbooks.versions(name),
  });
  if (data === undefined) return <Loading />;
  return (
    <Panel title={said.versions} flush>
      <ul className="divide-line divide-y">
        {data.items.map((one) => (
          <li key={one.version} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
            <span className="font-mono text-xs">{one.version}</span>
            {one.version === current && <StateMark tone="good" shape="check" word={said.current} />}
            {one.deprecated !== null && <StateMark tone="attention" shape="dash" word={said.deprecated} />}
            <span className="text-muted flex-1 text-xs">{said.origins[one.origin]}</span>
            {one.actor !== null && <span className="text-muted text-xs">{one.actor}</span>}
            {one.publishedAt !== null && <Time at={one.publishedAt} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
