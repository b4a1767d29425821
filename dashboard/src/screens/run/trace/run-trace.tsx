import type { RunDetail } from "@gantry/sdk/api";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { microsText } from "../../../ui/micros.ts";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { duration, Time } from "../../../ui/time.tsx";
import { useEventList } from "../events/use-event-list.ts";
import { AskedOf } from "./asked.tsx";
import { Folded, Text } from "./said.tsx";
import { texts } from "./texts.ts";
import { sumOf, thoughtsOf, type Thought, type TracedCall, type Turn } from "./thoughts.ts";
import { useLiveAnswers, type LiveAnswer } from "./use-live-answers.ts";

/** What the run's agents thought, turn by turn: made of the same events as everything else that is shown of the run. */
export function RunTrace({ run }: { run: RunDetail }) {
  return <History key={run.id} run={run} />;
}

function History({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const { list } = useEventList(run.id);
  const live = useLiveAnswers(run.id, { after: run.seq, active: run.finishedAt === null });
  const thoughts = thoughtsOf(list.events);
  const state = list.state();
  if (state === "failed") return <ErrorNotice error={list.error()} />;
  const begun = live.filter((one) => !thoughts.some((thought) => isOf(thought, one)));
  if (thoughts.length === 0 && begun.length === 0)
    return state === "reading" ? <Loading what={said.trace} /> : <EmptyState title={said.none} />;
  return (
    <ol aria-label={said.title} className="space-y-4">
      {thoughts.map((thought) => (
        <ThoughtPanel
          key={`${thought.step} ${thought.thought}`}
          thought={thought}
          live={live.find((one) => isOf(thought, one) && one.turn > (thought.turns.at(-1)?.turn ?? 0))}
        />
      ))}
      {begun.map((one) => (
        <ThoughtPanel key={`${one.step} ${one.thought}`} thought={{ ...one, turns: [] }} live={one} />
      ))}
    </ol>
  );
}

function isOf(thought: Pick<Thought, "step" | "thought">, one: LiveAnswer): boolean {
  return thought.step === one.step && thought.thought === one.thought;
}

function ThoughtPanel({ thought, live }: { thought: Thought; live: LiveAnswer | undefined }) {
  const said = useTexts(texts);
  const { turns, tokens, cost, sources } = sumOf(thought);
  return (
    <li className="bg-surface border-line rounded-lg border">
      <div className="border-line flex flex-wrap items-center gap-x-4 gap-y-1 border-b px-3 py-2 text-sm">
        <h2 className="flex-1 basis-40 font-mono text-sm font-semibold [overflow-wrap:anywhere]">{thought.step}</h2>
        <span className="text-muted text-xs">{said.turns(turns)}</span>
        <span className="text-muted text-xs">{said.tokens(tokens.input, tokens.output)}</span>
        <span className="text-xs font-medium">{microsText(cost.micros, cost.known)}</span>
        {sources.length > 0 && (
          <p className="text-muted w-full text-xs [overflow-wrap:anywhere]">{said.read(sources)}</p>
        )}
      </div>
      <ol className="divide-line divide-y">
        {thought.turns.map((turn) => (
          <TurnItem key={turn.turn} turn={turn} />
        ))}
        {live !== undefined && <LiveItem live={live} />}
      </ol>
    </li>
  );
}

function TurnItem({ turn }: { turn: Turn }) {
  const said = useTexts(texts);
  const odd = said.finish[turn.finish];
  return (
    <li className="space-y-2 px-3 py-2 text-sm">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5">
        <h3 className="font-medium">{said.turn(turn.turn)}</h3>
        <span className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{turn.model.slice(0, 200)}</span>
        <span className="text-muted text-xs">{said.tokens(turn.tokens.input, turn.tokens.output)}</span>
        <span className="text-muted text-xs">{microsText(turn.cost.micros, turn.cost.known)}</span>
        <span className="text-muted text-xs">{duration(turn.ms)}</span>
        <span className="text-muted text-xs">
          <Time at={new Date(turn.at).toISOString()} seconds />
        </span>
        {odd !== undefined && <StateMark tone="attention" shape="stop" word={odd} />}
      </div>
      {turn.summary !== null && <Folded title={said.summary} text={turn.summary} />}
      {turn.text.trim() !== "" && <Text label={said.said}>{turn.text}</Text>}
      <AskedOf calls={turn.asked} />
      {turn.calls.length > 0 && (
        <ul aria-label={said.calls} className="border-line ml-1 space-y-1.5 border-l pl-3">
          {turn.calls.map((call, at) => (
            <CallItem key={at} call={call} />
          ))}
        </ul>
      )}
    </li>
  );
}

const looks: Record<TracedCall["state"], readonly [Tone, Shape]> = {
  running: ["active", "play"],
  done: ["good", "check"],
  failed: ["bad", "cross"],
  idle: ["idle", "dash"],
};

function CallItem({ call }: { call: TracedCall }) {
  const said = useTexts(texts);
  return (
    <li className="space-y-1">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{call.tool.slice(0, 200)}</span>
        <StateMark tone={looks[call.state][0]} shape={looks[call.state][1]} word={said.states[call.state]} />
        {call.state === "idle" && <span className="text-muted text-xs">{said.idleWhy}</span>}
      </div>
      <Folded title={said.input} text={JSON.stringify(call.input, null, 2)} />
      {call.output !== null && <Folded title={said.output} text={call.output} />}
    </li>
  );
}

function LiveItem({ live: { turn, text, tools } }: { live: LiveAnswer }) {
  const said = useTexts(texts);
  return (
    <li className="space-y-2 px-3 py-2 text-sm">
      <div className="flex flex-wrap items-center gap-x-4">
        <h3 className="font-medium">{said.turn(turn)}</h3>
        <StateMark tone="active" shape="play" word={tools.length > 0 ? said.calling(tools) : said.saying} />
      </div>
      {text.trim() !== "" && <Text label={said.said}>{text}</Text>}
    </li>
  );
}
