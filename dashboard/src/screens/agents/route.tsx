import type { AgentView, ModelCostView, ToolActivity, WorkerView } from "@gantry/sdk/api";
import { useSuspenseQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keys, useClient } from "../../data/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { microsText } from "../../ui/micros.ts";
import { Page, Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago, duration } from "../../ui/time.tsx";
import { EffectMark } from "./effect-mark.tsx";
import { texts } from "./texts.ts";

/** The agents of this installation: what their tools may do and did, and who serves them now. */
export function AgentsScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title} lead={said.lead}>
      <AgentList />
    </Page>
  );
}

function AgentList() {
  const said = useTexts(texts);
  const client = useClient();
  const [agents, activity, workers, costs] = useSuspenseQueries({
    queries: [
      { queryKey: [...keys.settings, "agents"], queryFn: () => client.agents.list() },
      // Both change while runs go on.
      { queryKey: [...keys.queue, "agents"], queryFn: () => client.agents.activity() },
      { queryKey: [...keys.queue, "workers of agents"], queryFn: () => client.workers.list() },
      { queryKey: [...keys.queue, "costs of agents"], queryFn: () => client.models.costs({ by: "agent" }) },
    ],
  });
  const { items } = agents.data;
  if (items.length === 0) return <EmptyState title={said.none} command="npx gantry agent new greeter" />;
  const { runs, tools } = activity.data;
  return (
    <div className="space-y-4">
      <p className="text-muted text-xs">{said.counted(runs)}</p>
      {items.map((agent) => (
        <AgentPanel
          key={agent.name}
          agent={agent}
          tools={tools}
          cost={costs.data.items.find(({ key }) => key === agent.name)}
          workers={workers.data.items.filter((one) => one.alive && one.agents.some(({ name }) => name === agent.name))}
        />
      ))}
    </div>
  );
}

function AgentPanel({
  agent,
  tools,
  cost,
  workers,
}: {
  agent: AgentView;
  tools: readonly ToolActivity[];
  cost: ModelCostView | undefined;
  workers: readonly WorkerView[];
}) {
  const said = useTexts(texts);
  const live =
    workers.length === 0 ? (
      <StateMark tone="bad" shape="cross" word={said.nobody} />
    ) : (
      <StateMark tone="good" shape="check" word={said.servedBy(workers.length)} />
    );
  return (
    <Panel title={`${agent.title} ${agent.version}`} actions={live} flush>
      <p className="text-muted px-3 py-2 text-xs">{agent.instructions}</p>
      {agent.mind !== null && (
        <p className="px-3 pb-2 text-xs">
          {said.thinks(agent.mind.task)}
          {cost !== undefined && (
            <span className="text-muted"> · {said.cost(cost.calls, microsText(cost.micros, cost.priceKnown))}</span>
          )}
        </p>
      )}
      {workers.length > 0 && <Workers agent={agent} workers={workers} />}
      <ToolTable agent={agent} tools={tools} />
      {agent.runbooks.length > 0 && (
        <p className="border-line flex flex-wrap gap-x-3 gap-y-1 border-t px-3 py-2 text-xs">
          <span className="text-muted">{said.runbooks}</span>
          {agent.runbooks.map((name) => (
            <Link key={name} to="/runbooks/$name" params={{ name }} className="text-accent font-mono underline">
              {name}
            </Link>
          ))}
        </p>
      )}
    </Panel>
  );
}

/** A worker that serves another version of the agent than the server knows is worth a word. */
function Workers({ agent, workers }: { agent: AgentView; workers: readonly WorkerView[] }) {
  const said = useTexts(texts);
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 px-3 pb-2 text-xs">
      {workers.map((worker) => {
        const version = worker.agents.find(({ name }) => name === agent.name)?.version;
        return (
          <li key={worker.id} className="text-muted">
            {said.worker(worker.host, worker.pid, worker.pool)}
            {worker.state === "draining" && ` · ${said.draining}`}
            {version !== agent.version && <span className="text-warn"> · {said.otherVersion(version ?? "?")}</span>}
          </li>
        );
      })}
    </ul>
  );
}

function ToolTable({ agent, tools }: { agent: AgentView; tools: readonly ToolActivity[] }) {
  const said = useTexts(texts);
  return (
    <>
      <table className="w-full text-sm max-md:hidden">
        <thead>
          <tr className="text-muted border-line border-y text-left text-xs">
            <th scope="col" className="px-3 py-1.5 font-medium">
              {said.tool}
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              {said.effect}
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              {said.can}
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              {said.calls}
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              {said.success}
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              {said.median}
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              {said.p95}
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              {said.last}
            </th>
          </tr>
        </thead>
        <tbody className="divide-line divide-y">
          {agent.tools.map((tool) => {
            const did = tools.find((one) => one.tool === tool.name);
            return (
              <tr key={tool.name}>
                <th scope="row" className="px-3 py-1.5 text-left font-normal">
                  {tool.title}
                  <span className="text-muted block font-mono text-xs">
                    {tool.name} {tool.version}
                  </span>
                </th>
                <td className="px-3 py-1.5">
                  <EffectMark effect={tool.effect} />
                </td>
                <td className="text-muted px-3 py-1.5 text-xs">{abilities(tool, said.abilities)}</td>
                <td className="px-3 py-1.5 text-right">{did?.calls ?? 0}</td>
                <td className="px-3 py-1.5 text-right">{rateOf(did)}</td>
                <td className="px-3 py-1.5 text-right whitespace-nowrap">{timeOf(did?.medianMs)}</td>
                <td className="px-3 py-1.5 text-right whitespace-nowrap">{timeOf(did?.p95Ms)}</td>
                <td className="px-3 py-1.5">{did === undefined ? said.never : <Ago at={did.lastAt} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <ul className="divide-line border-line divide-y border-t md:hidden">
        {agent.tools.map((tool) => {
          const did = tools.find((one) => one.tool === tool.name);
          return (
            <li key={tool.name} className="space-y-1 px-3 py-2 text-sm">
              <div className="flex flex-wrap items-center gap-2">
                <span className="min-w-0 flex-1">{tool.title}</span>
                <EffectMark effect={tool.effect} />
              </div>
              <p className="text-muted font-mono text-xs [overflow-wrap:anywhere]">
                {tool.name} {tool.version}
              </p>
              <p className="text-muted text-xs">
                {did === undefined
                  ? said.neverCalled
                  : said.summary(did.calls, rateOf(did), timeOf(did.medianMs), timeOf(did.p95Ms))}
              </p>
            </li>
          );
        })}
      </ul>
    </>
  );
}

type Tool = AgentView["tools"][number];

function abilities(tool: Tool, words: Record<"preview" | "inspect" | "verify" | "undo", string>): string {
  const all = ["preview", "inspect", "verify", "undo"] as const;
  return all
    .filter((one) => tool[one])
    .map((one) => words[one])
    .join(", ");
}

/** Of the calls whose end is known. */
function rateOf(did: ToolActivity | undefined): string {
  const ended = did === undefined ? 0 : did.succeeded + did.failed;
  return did === undefined || ended === 0 ? "–" : `${Math.floor((did.succeeded / ended) * 1_000) / 10} %`;
}

function timeOf(ms: number | null | undefined): string {
  return typeof ms === "number" ? duration(ms) : "–";
}
