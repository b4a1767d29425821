import type { LastGoodRun, RunDetail, RunFailure } from "@gantry/sdk/api";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/command.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { ShapeIcon } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { goodDifferences } from "./good-differences.ts";
import { RunLink } from "./run-link.tsx";
import { useFailure, useRunSearch } from "./run-data.ts";
import { texts } from "./texts.ts";

/** On top of a run that failed: the line that says why, what ran where, and what is other than when it last went well. */
export function FailurePanel({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const { data, error } = useFailure(run.id, true);
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return <Loading what={said.failure} />;
  if (data.failure === null) return null;
  return <Failure failure={data.failure} hasRunbook={run.runbook !== null} />;
}

function Failure({ failure, hasRunbook }: { failure: RunFailure; hasRunbook: boolean }) {
  const said = useTexts(texts);
  const [, setSearch] = useRunSearch();
  const { step, error, line, lastGood } = failure;
  return (
    <section aria-label={said.failure} className="border-bad bg-surface overflow-hidden rounded-lg border">
      <header className="bg-bad-soft text-bad flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
        <h2 className="flex min-w-0 flex-1 basis-60 items-start gap-2 text-sm font-semibold [overflow-wrap:anywhere]">
          <span className="mt-1">
            <ShapeIcon shape="cross" />
          </span>
          <span>{error.message}</span>
        </h2>
        <a href={`/errors/${error.code}`} className="font-mono text-xs underline">
          {error.code}
        </a>
      </header>
      <div className="grid grid-cols-1 gap-x-6 gap-y-3 p-3 lg:grid-cols-2">
        <div className="min-w-0 space-y-3">
          <FailingLine failure={failure} />
          <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm">
            <Facts failure={failure} />
          </dl>
          {step !== null && (
            <div className="flex flex-wrap gap-2">
              <Button small onClick={() => setSearch({ tab: "steps", step: step.key }, { replace: false })}>
                {said.showStep}
              </Button>
              {line !== null && (
                <Button
                  small
                  onClick={() =>
                    setSearch(
                      { tab: "log", step: step.key, attempt: line.attempt, line: line.line },
                      { replace: false },
                    )
                  }
                >
                  {said.toLog}
                </Button>
              )}
            </div>
          )}
        </div>
        {hasRunbook &&
          (lastGood === null ? <p className="text-muted text-sm">{said.noLastGood}</p> : <LastGood good={lastGood} />)}
      </div>
    </section>
  );
}

function FailingLine({ failure: { line, step, logPurged } }: { failure: RunFailure }) {
  const said = useTexts(texts);
  if (step !== null && step.child !== null)
    return (
      <p className="text-sm">
        {said.subRun}: <RunLink run={step.child} />
      </p>
    );
  if (line === null) return <p className="text-muted text-sm">{logPurged ? said.logPurged : said.noLine}</p>;
  return (
    <figure className="m-0 min-w-0">
      <figcaption className="text-muted mb-1 text-xs">{said.line(line.line)}</figcaption>
      <pre className="border-line bg-sunken overflow-x-auto rounded-md border py-1.5 font-mono text-xs" tabIndex={0}>
        {line.before.map((text, index) => (
          <Line key={`before ${index}`} number={line.line - line.before.length + index} text={text} />
        ))}
        <Line number={line.line} text={line.text} failing />
        {line.after.map((text, index) => (
          <Line key={`after ${index}`} number={line.line + 1 + index} text={text} />
        ))}
      </pre>
    </figure>
  );
}

/** Output of a tool is text, whatever it holds; bidirectional marks in it stay within its line. */
function Line({ number, text, failing = false }: { number: number; text: string; failing?: boolean }) {
  return (
    <span className={`flex gap-3 px-2 ${failing ? "bg-bad-soft text-bad font-semibold" : "text-muted"}`}>
      <span className="w-8 shrink-0 text-right select-none" aria-hidden="true">
        {number}
      </span>
      <bdi dir="ltr" className="max-sm:[overflow-wrap:anywhere] max-sm:whitespace-pre-wrap">
        {text === "" ? " " : text}
      </bdi>
    </span>
  );
}

function Facts({ failure }: { failure: RunFailure }) {
  const said = useTexts(texts);
  const { step, attempt, exitCode, command, host, tries, alsoFailed } = failure;
  const facts: [string, React.ReactNode][] = [
    ...(step === null
      ? []
      : [
          [
            said.failedStep,
            <span key="step">
              {step.title}
              {step.title !== step.key && <span className="text-muted ml-1.5 font-mono text-xs">{step.key}</span>}
            </span>,
          ] as [string, React.ReactNode],
        ]),
    ...(exitCode === null
      ? []
      : [
          [
            said.exitCode,
            <span key="code" className="font-mono">
              {exitCode}
            </span>,
          ] as [string, React.ReactNode],
        ]),
    ...(command === null
      ? []
      : [
          [
            said.command,
            <span key="command" className="flex min-w-0 items-start gap-1">
              <code className="min-w-0 flex-1 font-mono text-xs [overflow-wrap:anywhere]">{command}</code>
              <CopyButton text={command} />
            </span>,
          ] as [string, React.ReactNode],
        ]),
    ...(host === null ? [] : [[said.host, host] as [string, React.ReactNode]]),
    ...(attempt === null
      ? []
      : [
          [
            said.tried,
            <span key="tried">
              {said.tries(tries)}
              {attempt.endedAt !== null && (
                <>
                  , <Time at={attempt.endedAt} seconds />
                </>
              )}
            </span>,
          ] as [string, React.ReactNode],
        ]),
    ...(alsoFailed.length === 0
      ? []
      : [[said.also, <AlsoFailed key="also" steps={alsoFailed} />] as [string, React.ReactNode]]),
  ];
  return facts.map(([label, value]) => (
    <div key={label} className="contents">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
    </div>
  ));
}

function AlsoFailed({ steps }: { steps: readonly string[] }) {
  const [, setSearch] = useRunSearch();
  return (
    <span className="flex flex-wrap gap-1">
      {steps.slice(0, 10).map((step) => (
        <Button key={step} small kind="quiet" onClick={() => setSearch({ tab: "steps", step }, { replace: false })}>
          {step}
        </Button>
      ))}
      {steps.length > 10 && `+${steps.length - 10}`}
    </span>
  );
}

function LastGood({ good }: { good: LastGoodRun }) {
  const said = useTexts(texts);
  const { run, plan, omitted } = good;
  const differences = goodDifferences(good);
  const steps = [...plan.added.map((step) => said.added(step)), ...plan.removed.map((step) => said.removed(step))];
  return (
    <div className="min-w-0 space-y-2 text-sm">
      <h3 className="font-medium">
        {said.lastGood} <RunLink run={run.id} />{" "}
        <span className="text-muted font-normal">
          <Time at={run.finishedAt ?? run.createdAt} />
        </span>
      </h3>
      {steps.length > 0 && <p>{steps.join(", ")}</p>}
      {differences.length === 0 && steps.length === 0 ? (
        <p className="text-muted">{said.onlyTime}</p>
      ) : (
        <div className="max-h-64 overflow-auto" tabIndex={0} role="region" aria-label={said.lastGood}>
          <table className="w-full text-left text-xs">
            <thead className="text-muted">
              <tr>
                <th className="pr-3 pb-1 font-medium">{said.field}</th>
                <th className="pr-3 pb-1 font-medium">{said.good}</th>
                <th className="pb-1 font-medium">{said.here}</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ path, a, b }, index) => (
                <tr key={`${path} ${index}`} className="border-line border-t align-top">
                  <th scope="row" className="py-1 pr-3 font-mono font-normal [overflow-wrap:anywhere]">
                    {path}
                  </th>
                  <td className="py-1 pr-3 font-mono [overflow-wrap:anywhere]">{shown(a, said.none)}</td>
                  <td className="text-bad py-1 font-mono [overflow-wrap:anywhere]">{shown(b, said.none)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {omitted > 0 && <p className="text-muted">{said.omitted(omitted)}</p>}
    </div>
  );
}

function shown(value: unknown, none: string): string {
  return value === undefined ? none : typeof value === "string" ? value : JSON.stringify(value);
}
