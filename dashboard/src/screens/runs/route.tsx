import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useMay } from "../../data/queries.ts";
import { Button, buttonLook } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { DataTable } from "../../ui/data-table/index.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { BulkDialog, type BulkChoice } from "./bulk-dialog.tsx";
import { BulkProgress } from "./bulk-progress.tsx";
import { columnsOf, RunCard } from "./columns.tsx";
import { Filters } from "./filters.tsx";
import { SavedSearches } from "./saved-searches.tsx";
import { bulkFilterOf, commandOf } from "./query.ts";
import { savedPart, type RunsSearch, type Sort } from "./search.ts";
import { texts } from "./texts.ts";
import { useRunRows } from "./use-run-rows.ts";

const route = getRouteApi("/runs");

/** Every run: found, followed, compared, and told things together. */
export function RunsScreen() {
  const said = useTexts(texts);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: RunsSearch) => void navigate({ search: (before) => savedPart({ ...before, ...part }), replace: true }),
    [navigate],
  );
  const filter = useMemo(() => savedPart(search), [search]);
  return (
    <Page
      title={said.title}
      wide
      actions={<SavedSearches current={filter} onOpen={(saved) => void navigate({ search: saved })} />}
    >
      <Filters search={filter} onChange={change} />
      <RunList search={filter} onChange={change} onBulk={(bulk) => void navigate({ search: { ...filter, bulk } })} />
      {search.bulk !== undefined && (
        <BulkProgress bulk={search.bulk} onClose={() => void navigate({ search: filter })} />
      )}
    </Page>
  );
}

function RunList({
  search,
  onChange,
  onBulk,
}: {
  search: RunsSearch;
  onChange(part: RunsSearch): void;
  onBulk(bulk: string): void;
}) {
  const said = useTexts(texts);
  const navigate = route.useNavigate();
  const mayRun = useMay("run");
  const { rows, stale, more, loadMore, error } = useRunRows(search);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [choice, setChoice] = useState<BulkChoice | null>(null);
  const columns = useMemo(() => columnsOf(said), [said]);
  if (rows === undefined) return error === null ? <Loading what={said.runs} /> : <ErrorNotice error={error} />;
  const filter = bulkFilterOf(search);
  const chosen = [...selected];
  return (
    <>
      {error !== null && <ErrorNotice error={error} />}
      {selected.size > 0 && (
        <BulkBar
          selected={chosen}
          filter={filter}
          mayRun={mayRun}
          onClear={() => setSelected(new Set())}
          onChoose={setChoice}
        />
      )}
      {rows.length === 0 ? (
        <div className="bg-surface border-line rounded-lg border">
          <Nothing search={search} onChange={onChange} />
        </div>
      ) : (
        <div
          aria-busy={stale}
          className={`bg-surface border-line overflow-clip rounded-lg border ${stale ? "opacity-60" : ""}`}
        >
          <DataTable
            label={said.title}
            columns={columns}
            rows={rows}
            idOf={({ id }) => id}
            nameOf={({ goal }) => goal}
            card={(run) => <RunCard run={run} />}
            sort={search.sort ?? "-created"}
            onSort={(sort) => onChange({ sort: sort as Sort })}
            onOpen={({ id }) => void navigate({ to: `/runs/${id}` })}
            selection={{ ids: selected, onChange: setSelected }}
            more={more && !stale}
            onEnd={loadMore}
          />
        </div>
      )}
      <footer className="mt-2 flex flex-wrap items-center gap-3">
        <p role="status" className="text-muted text-xs">
          {more ? said.loaded(rows.length) : said.all(rows.length)}
        </p>
        {more && (
          <Button small onClick={loadMore}>
            {said.more}
          </Button>
        )}
        <div className="min-w-0 max-sm:w-full sm:ml-auto sm:max-w-xl">
          <Command>{commandOf(search)}</Command>
        </div>
      </footer>
      {choice !== null && (
        <BulkDialog
          choice={choice}
          onClose={() => setChoice(null)}
          onConfirmed={(bulk) => {
            setChoice(null);
            setSelected(new Set());
            onBulk(bulk);
          }}
        />
      )}
    </>
  );
}

function Nothing({ search, onChange }: { search: RunsSearch; onChange(part: RunsSearch): void }) {
  const said = useTexts(texts);
  const { sort: _, ...filter } = search;
  if (Object.keys(filter).length === 0)
    return (
      <EmptyState title={said.none} command="npx gantry run deploy.service --environment dev">
        {said.noneWhy}
      </EmptyState>
    );
  const nothing = Object.fromEntries(Object.keys(filter).map((key) => [key, undefined]));
  return (
    <EmptyState title={said.noneFit}>
      <button type="button" className={`${buttonLook()} mt-2`} onClick={() => onChange(nothing)}>
        {said.clear}
      </button>
    </EmptyState>
  );
}
