import { useQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";
import { FacetFold } from "../../ui/facets/fold.tsx";
import { ChoiceFacet, RangeFacet, SearchFacet, type Choice } from "../../ui/facets/index.tsx";
import { inputLook } from "../../ui/field.tsx";
import { RunState, useStateWords } from "../../ui/run-state.tsx";
import { runStatuses } from "../../ui/run-statuses.ts";
import { useTexts } from "../../ui/texts.ts";
import { statusesOf } from "./query.ts";
import { joined, sorts, type RunsSearch, type Sort } from "./search.ts";
import { texts } from "./texts.ts";

/** What narrows the list; all of it stands in the address. */
export function Filters({ search, onChange }: { search: RunsSearch; onChange(part: RunsSearch): void }) {
  const said = useTexts(texts);
  const words = useStateWords();
  const choices = useChoices();
  const { text: _, sort: __, ...narrowing } = search;
  const active = Object.values(narrowing).filter((value) => value !== undefined).length;
  const single = (name: "project" | "environment" | "runbook" | "requester", label: string) => (
    <ChoiceFacet
      label={label}
      choices={choices[name]}
      chosen={search[name] === undefined ? [] : [search[name]]}
      onChange={([value]) => onChange({ [name]: value })}
    />
  );
  return (
    <section aria-label={said.filters} className="mb-3 flex flex-wrap items-center gap-2">
      <SearchFacet
        label={said.search}
        value={search.text ?? ""}
        onChange={(text) => onChange({ text: text || undefined })}
      />
      <FacetFold active={active}>
        <ChoiceFacet
          label={said.state}
          several
          choices={runStatuses.map((status) => ({
            value: status,
            label: words.runs[status],
            look: <RunState status={status} bare />,
          }))}
          chosen={statusesOf(search)}
          onChange={(statuses) => onChange({ status: joined(statuses) })}
        />
        {single("environment", said.environment)}
        {choices.project.length > 1 && single("project", said.project)}
        {single("runbook", said.runbook)}
        {single("requester", said.requester)}
        <RangeFacet
          label={said.created}
          range={{ from: search.after, to: search.before }}
          onChange={({ from, to }) => onChange({ after: from, before: to })}
        />
        <ChoiceFacet
          label={said.dryRuns}
          choices={[
            { value: "only", label: said.dryOnly },
            { value: "none", label: said.dryNone },
          ]}
          chosen={search.dry === undefined ? [] : [search.dry]}
          onChange={([dry]) => onChange({ dry: dry === "only" || dry === "none" ? dry : undefined })}
        />
        <ChoiceFacet
          label={said.parts}
          choices={[{ value: "shown", label: said.partsShown }]}
          chosen={search.parts === true ? ["shown"] : []}
          onChange={(parts) => onChange({ parts: parts.length > 0 ? true : undefined })}
        />
        <select
          aria-label={said.order}
          value={search.sort ?? "-created"}
          onChange={({ target }) => onChange({ sort: target.value as Sort })}
          className={`${inputLook} w-auto md:hidden`}
        >
          {sorts.map((sort) => (
            <option key={sort} value={sort}>
              {said.orders[sort]}
            </option>
          ))}
        </select>
      </FacetFold>
    </section>
  );
}

type Named = "project" | "environment" | "runbook" | "requester";

/** What there is to choose from. Who may not see some of it chooses from the rest. */
function useChoices(): Record<Named, readonly Choice[]> {
  const client = useClient();
  const { data } = useQuery({
    queryKey: [...keys.settings, "run-filters"],
    queryFn: async () => {
      const [projects, environments, runbooks, actors] = await Promise.all([
        client.projects.list(),
        client.environments.list(),
        client.runbooks.list(),
        client.actors.list(),
      ]);
      return {
        project: choicesOf(projects.items.map(({ name }) => name)),
        environment: choicesOf(environments.items.map(({ name }) => name)),
        runbook: choicesOf(runbooks.items.map(({ name }) => name)),
        requester: choicesOf(actors.items.map(({ name }) => name)),
      };
    },
    staleTime: 60_000,
    throwOnError: false,
  });
  return data ?? { project: [], environment: [], runbook: [], requester: [] };
}

const choicesOf = (names: readonly string[]): Choice[] =>
  [...new Set(names)].toSorted().map((name) => ({ value: name, label: name }));
