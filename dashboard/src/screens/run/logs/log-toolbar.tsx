import { useEffect, useId, useRef } from "react";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { DownloadButton } from "../../../ui/download-button.tsx";
import { inputLook } from "../../../ui/field.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useTyped } from "../../../ui/use-typed.ts";
import type { LogState } from "./log-reader.ts";
import type { Match } from "./log-search.ts";
import { texts } from "./texts.ts";
import type { FoundInLog } from "./use-log-search.ts";

export interface LogToolbarProps {
  run: string;
  state: LogState;
  lines: number;
  found: FoundInLog;
  selected: Match | null;
  find: string;
  onFind(find: string): void;
  onSelect(match: Match): void;
  errorsOnly: boolean;
  onErrorsOnly(on: boolean): void;
  wraps: boolean;
  onWraps(on: boolean): void;
}

/** Search with its matches, what is shown and how, and the whole log as a file. */
export function LogToolbar({ found: { search, whole }, selected, onSelect, ...props }: LogToolbarProps) {
  const said = useTexts(texts);
  const client = useClient();
  const finder = useTyped(props.find, props.onFind);
  // The address follows a moment later: who presses twice means the one after the next.
  const asked = useRef(selected);
  const { attempt, line } = selected ?? {};
  useEffect(() => {
    asked.current = attempt === undefined || line === undefined ? null : { attempt, line };
  }, [attempt, line]);
  const go = (step: 1 | -1): void => {
    const match = search?.next(asked.current, step) ?? null;
    if (match === null) return;
    asked.current = match;
    onSelect(match);
  };
  const place = search === null || selected === null ? 0 : search.placeOf(selected);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <search className="flex min-w-0 flex-1 basis-64 items-center gap-1">
        <input
          type="search"
          aria-label={said.find}
          placeholder={said.find}
          className={`${inputLook} max-w-80`}
          value={finder.text}
          onChange={({ target }) => finder.change(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            go(event.shiftKey ? -1 : 1);
          }}
        />
        <Button kind="quiet" small aria-label={said.previous} disabled={!search?.count} onClick={() => go(-1)}>
          <Icon name="up" />
        </Button>
        <Button kind="quiet" small aria-label={said.next} disabled={!search?.count} onClick={() => go(1)}>
          <Icon name="down" />
        </Button>
        <span role="status" className="text-muted text-xs whitespace-nowrap">
          {search !== null && said.place(place, search.count, whole)}
        </span>
      </search>
      <Toggle label={said.errorsOnly} on={props.errorsOnly} onChange={props.onErrorsOnly} />
      <Toggle label={said.wrap} on={props.wraps} onChange={props.onWraps} />
      <span className="text-muted text-xs whitespace-nowrap">
        {said.lines(props.lines)}, {said.states[props.state]}
      </span>
      <DownloadButton name={`${props.run}.log`} read={() => client.runs.logText(props.run)}>
        {said.download}
      </DownloadButton>
    </div>
  );
}

function Toggle({ label, on, onChange }: { label: string; on: boolean; onChange(on: boolean): void }) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5 text-sm whitespace-nowrap">
      <input
        type="checkbox"
        id={id}
        className="accent-accent size-4"
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}
