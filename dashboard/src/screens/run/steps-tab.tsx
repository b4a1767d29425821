import type { RunDetail } from "@gantry/sdk/api";
import { lazy, Suspense } from "react";
import { Button } from "../../ui/button.tsx";
import type { GraphNode } from "../../ui/graph/graph.tsx";
import { Loading } from "../../ui/loading.tsx";
import { usePhone } from "../../ui/media.ts";
import { Panel } from "../../ui/page.tsx";
import { lookOfStep, shownStatus, useStateWords } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { useRunSearch } from "./run-data.ts";
import { StepInspector } from "./step-inspector.tsx";
import { StepList } from "./step-list.tsx";
import { edgesOf, firstOfInterest, nodesOf } from "./step-nodes.ts";
import { texts } from "./texts.ts";

const Graph = lazy(() => import("../../ui/graph/graph.tsx").then(({ Graph: it }) => ({ default: it })));

/** Steps as a graph, or as a list where there is little room, and the one that was chosen beside them. */
export function StepsTab({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const phone = usePhone();
  const [search, setSearch] = useRunSearch();
  const view = search.view ?? (phone ? "list" : "graph");
  const chosen = search.step ?? firstOfInterest(run.steps);
  const step = run.steps.find(({ key }) => key === chosen);
  const choose = (key: string): void => setSearch({ step: key });
  const views = (["graph", "list"] as const).map((one) => (
    <Button
      key={one}
      small
      kind={view === one ? "plain" : "quiet"}
      aria-pressed={view === one}
      onClick={() => setSearch({ view: one })}
    >
      {said[one]}
    </Button>
  ));
  return (
    <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,28rem)]">
      <Panel
        title={said.stepsLabel}
        flush
        actions={
          <div role="group" aria-label={said.view} className="flex gap-1">
            {views}
          </div>
        }
      >
        {view === "graph" ? (
          <Suspense fallback={<Loading />}>
            <StepGraph run={run} chosen={chosen} onChoose={choose} />
          </Suspense>
        ) : (
          <StepList steps={run.steps} chosen={chosen} onChoose={choose} />
        )}
      </Panel>
      {step === undefined ? (
        <p className="text-muted p-3 text-sm max-xl:hidden">{said.choose}</p>
      ) : (
        <StepInspector key={step.key} run={run} step={step} />
      )}
    </div>
  );
}

function StepGraph({
  run,
  chosen,
  onChoose,
}: {
  run: RunDetail;
  chosen: string | undefined;
  onChoose(key: string): void;
}) {
  const said = useTexts(texts);
  const words = useStateWords();
  const nodes = nodesOf(run);
  const drawn = nodes.map(({ step, items, failed }): GraphNode => {
    const status = shownStatus(step);
    const { tone, shape } = lookOfStep(status);
    const detail = items === 0 ? (step.tool ?? step.kind) : said.items(items);
    const state =
      failed > 0 && status !== "failed"
        ? `${words.steps[status]}, ${failed} ${words.steps.failed}`
        : words.steps[status];
    return { id: step.key, title: step.title, detail, tone: failed > 0 ? "bad" : tone, shape, state };
  });
  // An item isn't drawn; its loop stands for it.
  const selected = drawn.some(({ id }) => id === chosen) ? chosen : chosen?.replace(/\[\d+\]$/, "");
  return <Graph nodes={drawn} edges={edgesOf(nodes)} selected={selected} onSelect={onChoose} label={said.stepsLabel} />;
}
