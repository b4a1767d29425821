import type { QueueGroup, Waiting } from "@gantry/sdk/api";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { keys, useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { LiveRun } from "./live-run.tsx";
import { groups, waits, type QueueSearch } from "./search.ts";
import { texts } from "./texts.ts";

/** Runs that haven't ended, as the address filters and sorts them. */
export function LiveRuns() {
  const said = useTexts(texts);
  const client = useClient();
  const { group, on, sort = "age", environment } = useSearch({ from: "/queue" });
  const filter = {
    sort,
    ...(group === undefined ? {} : { group }),
    ...(on === undefined ? {} : { on }),
    ...(environment === undefined ? {} : { environment }),
  };
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery({
    queryKey: [...keys.queue, "runs", filter],
    queryFn: ({ pageParam }) =>
      client.queue.list({ ...filter, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  const counts = data.pages[0]?.counts;
  const items = data.pages.flatMap((page) => page.items);
  return (
    <div className="space-y-3">
      <Filters counts={counts?.groups ?? {}} />
      <Panel flush>
        {items.length === 0 ? (
          <EmptyState
            title={
              group === undefined && on === undefined && environment === undefined ? said.empty : said.emptyFiltered
            }
            command="npx gantry queue"
          />
        ) : (
          <ul className="divide-line divide-y">
            {items.map((item) => (
              <LiveRun key={item.id} item={item} />
            ))}
          </ul>
        )}
      </Panel>
      {hasNextPage && (
        <Button pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {said.more}
        </Button>
      )}
    </div>
  );
}

function Filters({ counts }: { counts: Partial<Record<QueueGroup, number>> }) {
  const said = useTexts(texts);
  const search = useSearch({ from: "/queue" });
  const navigate = useNavigate({ from: "/queue" });
  const set = (changed: QueueSearch): void =>
    void navigate({
      search: (before) => ({ ...before, ...changed }),
    });
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const groupOptions = [
    { value: "", label: `${said.all} (${all})` },
    ...groups.map((one) => ({ value: one, label: `${said.groups[one]} (${counts[one] ?? 0})` })),
  ];
  const waitOptions = [
    { value: "", label: said.anything },
    ...waits.map((one) => ({ value: one, label: said.on[one] })),
  ];
  const orders = (["age", "priority", "line"] as const).map((one) => ({ value: one, label: said.orders[one] }));
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <SelectField
        label={said.filter}
        value={search.group ?? ""}
        options={groupOptions}
        onChange={({ target }) => set({ group: (target.value || undefined) as QueueGroup })}
      />
      <SelectField
        label={said.waitsFor}
        value={search.on ?? ""}
        options={waitOptions}
        onChange={({ target }) => set({ on: (target.value || undefined) as Waiting["on"] })}
      />
      <SelectField
        label={said.order}
        value={search.sort ?? "age"}
        options={orders}
        onChange={({ target }) => set({ sort: target.value as NonNullable<QueueSearch["sort"]> })}
      />
    </div>
  );
}
