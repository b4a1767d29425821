import type { AuditEntry } from "@gantry/sdk/api";
import { useId, useState, type SyntheticEvent } from "react";
import { Button } from "../../../ui/button.tsx";
import { classNames } from "../../../ui/class-names.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useAddress } from "../parts/address.ts";
import { PlaceField } from "../parts/place-field.tsx";
import { fieldOf, momentOf } from "./filter.ts";
import { texts } from "./texts.ts";

/** What to look for; it goes into the address when it is asked for. */
export function FilterForm() {
  const said = useTexts(texts);
  const [search, say] = useAddress();
  const [actor, setActor] = useState(search.actor ?? "");
  const [action, setAction] = useState(search.action ?? "");
  const [result, setResult] = useState<string>(search.result ?? "");
  const [place, setPlace] = useState(search.place ?? "");
  const [run, setRun] = useState(search.run ?? "");
  const [from, setFrom] = useState(fieldOf(search.from));
  const [to, setTo] = useState(fieldOf(search.to));
  // A phone shows what was found, and this on demand.
  const [open, setOpen] = useState(false);
  const fields = useId();
  const { show: _, ...asked } = search;
  const given = Object.values(asked).filter((one) => one !== undefined).length;
  const ask = (event: SyntheticEvent): void => {
    event.preventDefault();
    say({
      actor: actor.trim() || undefined,
      action: action.trim() || undefined,
      result: (result || undefined) as AuditEntry["result"] | undefined,
      place: place || undefined,
      run: run.trim() || undefined,
      from: momentOf(from),
      to: momentOf(to),
      show: undefined,
    });
  };
  const nothing = {
    actor: undefined,
    action: undefined,
    result: undefined,
    place: undefined,
    run: undefined,
    from: undefined,
    to: undefined,
    show: undefined,
  };
  return (
    <form onSubmit={ask} aria-label={said.filter} className="bg-surface border-line rounded-lg border p-3">
      <Button
        aria-expanded={open}
        aria-controls={fields}
        className="w-full sm:hidden"
        onClick={() => setOpen((before) => !before)}
      >
        {said.filterBy(given)}
      </Button>
      <div
        id={fields}
        className={classNames("grid gap-3 sm:grid-cols-2 xl:grid-cols-4", open ? "max-sm:mt-3" : "max-sm:hidden")}
      >
        <TextField
          label={said.actor}
          hint={said.actorHint}
          value={actor}
          onChange={(event) => setActor(event.target.value)}
        />
        <TextField
          label={said.action}
          hint={said.actionHint}
          pattern="[A-Za-z_.]*"
          value={action}
          onChange={(event) => setAction(event.target.value)}
        />
        <SelectField
          label={said.result}
          value={result}
          options={[
            { value: "", label: said.any },
            ...(["allowed", "denied", "failed"] as const).map((value) => ({ value, label: said.results[value] })),
          ]}
          onChange={(event) => setResult(event.target.value)}
        />
        <PlaceField label={said.where} all={said.anywhere} value={place} onChange={setPlace} />
        <TextField
          label={said.run}
          className="font-mono"
          value={run}
          onChange={(event) => setRun(event.target.value)}
        />
        <TextField
          label={said.from}
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <TextField label={said.to} type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} />
        <div className="flex items-end gap-2">
          <Button kind="primary" type="submit">
            {said.search}
          </Button>
          <Button onClick={() => say(nothing)}>{said.clear}</Button>
        </div>
      </div>
    </form>
  );
}
