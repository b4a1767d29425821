import type { AuditEntry, AuditFormat } from "@gantry/sdk/api";
import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useAddress } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { Rows } from "../parts/rows.tsx";
import { Chain } from "./chain.tsx";
import { EntryPanel, Result, targetWords } from "./entry-panel.tsx";
import { filterOf, filterOptions } from "./filter.ts";
import { FilterForm } from "./filter-form.tsx";
import { texts } from "./texts.ts";

/** The audit trail: its chain, and what is in it. What is searched for stands in the address. */
export function AuditSection() {
  const said = useTexts(texts);
  const client = useClient();
  const [search, say] = useAddress();
  const filter = filterOf(search);
  const pages = useInfiniteQuery({
    queryKey: [...keys.settings, "audit", filter],
    queryFn: ({ pageParam }) =>
      client.audit.list({ ...filter, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const entries = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const shown = entries.find(({ id }) => id === search.show);
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        <Chain />
        <FilterForm key={JSON.stringify(filter)} />
        <Panel flush>
          {pages.isPending ? (
            <Loading />
          ) : entries.length === 0 ? (
            <EmptyState title={said.none} />
          ) : (
            <Rows<AuditEntry>
              label={said.label}
              rows={entries}
              idOf={({ id }) => id}
              nameOf={({ action }) => <Action of={action} />}
              onOpen={({ id }) => say({ show: id })}
              columns={[
                { title: said.actor, cell: ({ actor }) => actor.name },
                { title: said.target, cell: ({ target }) => targetWords(target), phone: false },
                { title: said.result, cell: ({ result }) => <Result of={result} /> },
                { title: said.at, cell: ({ at }) => <Time at={at} seconds />, phone: false },
              ]}
            />
          )}
        </Panel>
        {pages.error !== null && <ErrorNotice error={pages.error} />}
        {pages.hasNextPage && (
          <Button pending={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {pages.isFetchingNextPage ? said.loading : said.more}
          </Button>
        )}
        <Export />
        <Twin>{commandLine(["audit", "list"], filterOptions(search))}</Twin>
      </div>
      {shown !== undefined && <EntryPanel entry={shown} onClose={() => say({ show: undefined })} />}
    </Page>
  );
}

/** Where there is little room, its verb stands under its resource. */
function Action({ of }: { of: string }) {
  const at = of.indexOf(".") + 1;
  return (
    <span className="font-mono text-xs">
      {of.slice(0, at)}
      <wbr />
      {of.slice(at)}
    </span>
  );
}

function Export() {
  const said = useTexts(texts);
  const client = useClient();
  const [search] = useAddress();
  const save = useMutation({
    mutationFn: async (format: AuditFormat) =>
      saveFile(
        `audit.${format === "csv" ? "csv" : "ndjson"}`,
        await client.audit.export({ ...filterOf(search), format }),
      ),
  });
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <span>{said.exportTitle}</span>
        {(["json", "csv", "ocsf", "cef"] as const).map((format) => (
          <Button key={format} small pending={save.isPending} onClick={() => save.mutate(format)}>
            {said.formats[format]}
          </Button>
        ))}
        <span className="text-muted text-xs">{said.exporting}</span>
      </div>
      {save.error !== null && <ErrorNotice error={save.error} />}
    </div>
  );
}
