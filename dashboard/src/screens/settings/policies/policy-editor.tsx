import type { PolicyProblem, PolicyView } from "@gantry/sdk/api";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command, Twin } from "../../../ui/command.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/page.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { readPlace } from "../parts/place.ts";
import { CodeArea, offsetOf } from "./code-area.tsx";
import { texts } from "./texts.ts";

const checkAfterMs = 400;

/** The text, checked while it is written, and stored as a new version with a reason. */
export function PolicyEditor({
  name,
  place,
  stored,
  text,
  onText,
  may,
}: {
  name: string;
  place: string;
  stored: PolicyView | null;
  text: string;
  onText(text: string): void;
  may: boolean;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const at = readPlace(place);
  const [reason, setReason] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const settled = useSettled(text, checkAfterMs);
  const lint = useQuery({
    queryKey: ["policy-lint", place, settled],
    queryFn: () => client.policies.lint({ ...at, text: settled }),
    placeholderData: keepPreviousData,
    enabled: settled !== "",
    throwOnError: false,
  });
  const version = stored?.version ?? 0;
  const put = useChange(
    () => client.policies.put(name, { text, expectedVersion: version, ...(reason === "" ? {} : { reason }) }, at),
    () => setReason(""),
  );
  const problems = lint.data?.problems ?? [];
  const go = ({ line, column }: PolicyProblem): void => {
    const offset = offsetOf(text, line, column);
    area.current?.focus();
    area.current?.setSelectionRange(offset, offset);
  };
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="space-y-3">
        <CodeArea
          label={said.text}
          value={text}
          onChange={onText}
          readOnly={!may}
          marked={new Set(problems.map(({ line }) => line))}
          area={area}
        />
        {may && (
          <>
            <TextField
              label={said.reason}
              hint={said.reasonHint}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <Button
              kind="primary"
              pending={put.pending}
              disabled={text === stored?.text || problems.some(({ severity }) => severity === "error")}
              onClick={() => put.run()}
            >
              {said.save}
            </Button>
            {put.error !== null && <ErrorNotice error={put.error} />}
            {put.result !== undefined && text === stored?.text && (
              <Notice tone="good">{said.saved(put.result.version)}</Notice>
            )}
            <Twin>
              {commandLine(["policy", "put", name, `${name}.cedar`], {
                project: at.project,
                e: at.environment,
                expect: version,
                reason,
              })}
            </Twin>
          </>
        )}
      </div>
      <div className="space-y-4">
        <Panel title={said.problems}>
          <div aria-live="polite" className="space-y-2 text-sm">
            {lint.error !== null && <ErrorNotice error={lint.error} />}
            {lint.data === undefined && lint.error === null && <p className="text-muted">{said.checking}</p>}
            {lint.data !== undefined && problems.length === 0 && <p className="text-good">{said.noProblems}</p>}
            <ul className="space-y-2">
              {problems.map((problem) => (
                <li key={`${problem.rule} ${problem.line} ${problem.column} ${problem.message}`}>
                  {problem.severity === "error" ? (
                    <StateMark tone="bad" shape="cross" word={said.error} />
                  ) : (
                    <StateMark tone="attention" shape="question" word={said.warning} />
                  )}{" "}
                  <button type="button" className="text-accent text-xs hover:underline" onClick={() => go(problem)}>
                    {said.at(problem.line, problem.column)}
                  </button>
                  <p className="[overflow-wrap:anywhere]">{problem.message}</p>
                </li>
              ))}
            </ul>
            <Command>{commandLine(["policy", "lint", `${name}.cedar`])}</Command>
          </div>
        </Panel>
        {lint.data !== undefined && lint.data.statements.length > 0 && (
          <Panel title={said.means}>
            <ul className="space-y-2 text-sm">
              {lint.data.statements.map(({ id, reason: why, approval }) => (
                <li key={id}>
                  <span className="font-mono text-xs">{id}</span>
                  <p>{why}</p>
                  <p className="text-muted text-xs">
                    {approval === null ? said.nobody : said.lifts(approval.count, approval.group)}
                  </p>
                </li>
              ))}
            </ul>
          </Panel>
        )}
      </div>
    </div>
  );
}

/** The value once it stopped changing for a moment. */
function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
