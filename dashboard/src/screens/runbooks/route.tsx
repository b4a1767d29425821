import type { RunbookView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useClient, useMay } from "../../data/queries.ts";
import { buttonLook } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { TextField } from "../../ui/field.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { useTyped } from "../../ui/use-typed.ts";
import { runbooksQuery } from "../compose/queries.ts";
import { texts } from "./texts.ts";

const route = getRouteApi("/runbooks");

/** What can be run. */
export function RunbooksScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title} lead={said.lead}>
      <RunbookList />
    </Page>
  );
}

function RunbookList() {
  const said = useTexts(texts);
  const client = useClient();
  const navigate = useNavigate();
  const { q = "" } = route.useSearch();
  const { items } = useSuspenseQuery(runbooksQuery(client)).data;
  const finder = useTyped(
    q,
    (text) => void navigate({ to: "/runbooks", search: text === "" ? {} : { q: text }, replace: true }),
  );
  if (items.length === 0) return <EmptyState title={said.none} command="npx gantry runbook new release.yaml" />;
  const found = items.filter((one) => fits(one, q));
  return (
    <div className="space-y-4">
      <div className="max-w-sm">
        <TextField
          label={said.search}
          type="search"
          value={finder.text}
          onChange={({ target }) => finder.change(target.value)}
        />
      </div>
      <Panel flush>
        {found.length === 0 && <EmptyState title={said.nothing(q)} />}
        <ul className="divide-line divide-y">
          {found.map((one) => (
            <RunbookLine key={one.name} runbook={one} />
          ))}
        </ul>
      </Panel>
    </div>
  );
}

function RunbookLine({ runbook }: { runbook: RunbookView }) {
  const said = useTexts(texts);
  const mayRun = useMay("run");
  const { name, version, title, description, origin, agent, deprecated } = runbook;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2.5 text-sm">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex flex-wrap items-center gap-x-2">
          <Link to="/runbooks/$name" params={{ name }} className="text-accent font-medium hover:underline">
            {title}
          </Link>
          {deprecated !== null && <StateMark tone="attention" shape="dash" word={said.deprecated} />}
        </div>
        <p className="text-muted font-mono text-xs">
          {name} {version} · {agent ?? said.origins[origin]}
        </p>
        {description !== null && <p className="text-muted line-clamp-2 text-xs">{description}</p>}
      </div>
      {mayRun && (
        <Link to="/compose" search={{ by: "runbook", runbook: name }} className={buttonLook("plain", true)}>
          {said.run}
          <span className="sr-only">: {title}</span>
        </Link>
      )}
    </li>
  );
}

/** Whether it is about all words of what is searched for. */
function fits({ name, title, description, intents }: RunbookView, search: string): boolean {
  const about = [name, title, description ?? "", ...intents].join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => about.includes(word));
}
