import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient } from "../../../data/queries.ts";
import { stored } from "../../../data/stored.ts";
import { Command } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import type { OutputProps } from "../output/search.ts";
import { attemptsOf } from "./attempts-of.ts";
import { createLogRows } from "./log-rows.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import { LogView } from "./log-view.tsx";
import { texts } from "./texts.ts";
import { useLogSearch } from "./use-log-search.ts";
import { useRunLog } from "./use-run-log.ts";

const wrapping = stored("wrapLogs");

/** What the run's commands wrote, attempt by attempt, as it grows. */
export function RunLogs(props: OutputProps) {
  return <Log key={props.run} {...props} />;
}

function Log({ run, search, onSearch }: OutputProps) {
  const said = useTexts(texts);
  const client = useClient();
  const { data: detail } = useSuspenseQuery({
    queryKey: [...keys.run(run), "detail"],
    queryFn: () => client.runs.get(run),
  });
  const { reader, version } = useRunLog(run);
  const [wraps, setWraps] = useState(() => wrapping.get() === "yes");
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const found = useLogSearch(reader, version, search.find ?? "");
  const attempts = attemptsOf(detail);
  const errorsOnly = search.errors === true;
  const rows = createLogRows(reader.store, { folded, errorsOnly, failed: attempts.failed });
  const { attempt: chosen, line: number } = search;
  const selected = chosen === undefined ? null : { attempt: chosen, line: (number ?? 0) - 1 };

  const fold = (attempt: string): void =>
    setFolded((before) => {
      const after = new Set(before);
      if (!after.delete(attempt)) after.add(attempt);
      return after;
    });
  const select = ({ attempt, line }: { attempt: string; line: number }): void => {
    if (folded.has(attempt)) fold(attempt);
    // What search finds is shown, also where it would be left out.
    const leftOut = errorsOnly && rows.indexOf(attempt, line) === -1;
    onSearch({ attempt, line: line + 1, ...(leftOut ? { errors: undefined } : {}) });
  };

  const state = reader.state();
  const lines = reader.store.lines;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <LogToolbar
        run={run}
        state={state}
        lines={lines}
        found={found}
        selected={selected}
        find={search.find ?? ""}
        onFind={(find) => onSearch({ find: find === "" ? undefined : find })}
        onSelect={select}
        errorsOnly={errorsOnly}
        onErrorsOnly={(on) => onSearch({ errors: on ? true : undefined })}
        wraps={wraps}
        onWraps={(on) => {
          setWraps(on);
          wrapping.set(on ? "yes" : null);
        }}
      />
      {state === "failed" && <ErrorNotice error={reader.error()} />}
      {rows.count === 0 && (state === "ended" || state === "following") ? (
        <EmptyState title={lines > 0 ? said.noErrors : state === "ended" ? said.none : said.noneYet} />
      ) : (
        <LogView
          rows={rows}
          version={version}
          lines={lines}
          ended={detail.finishedAt !== null}
          wraps={wraps}
          needle={(search.find ?? "").toLowerCase()}
          attempts={attempts}
          folded={folded}
          onFold={fold}
          selected={selected}
          onSelect={select}
          settled={reader.caughtUp()}
        />
      )}
      <Command label={said.commandLine}>{`npx gantry runs logs ${run} --follow`}</Command>
    </div>
  );
}
