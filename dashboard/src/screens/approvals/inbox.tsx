import type { OpenApproval, QuestionView } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago } from "../../ui/time.tsx";
import { Counts, RiskMark } from "../change-set/summary.tsx";
import { questionsQuery } from "../questions/data.ts";
import { QuestionList } from "../questions/list.tsx";
import { Expiry } from "./expiry.tsx";
import { useWaiting } from "./data.ts";
import { texts } from "./texts.ts";

const here = getRouteApi("/approvals");

/** What waits for people: first what the caller can decide. */
export function ApprovalsScreen() {
  const said = useTexts(texts);
  const { show } = here.useSearch();
  const navigate = here.useNavigate();
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = useWaiting();
  const all = data?.pages.flatMap(({ items }) => items) ?? [];
  const mine = all.filter((one) => one.mine);
  const asked = useQuery(questionsQuery(useClient()));
  const questions = asked.data?.items ?? [];
  const questionsOfMine = questions.filter((one) => one.mine);
  const more = hasNextPage && (
    <Button pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      {said.more}
    </Button>
  );
  const content = (items: readonly OpenApproval[], unanswered: readonly QuestionView[], empty: string) => (
    <div className="space-y-4">
      {error !== null && <ErrorNotice error={error} />}
      {asked.error !== null && <ErrorNotice error={asked.error} />}
      {(isPending || asked.isPending) && <Loading />}
      {unanswered.length > 0 && (
        <Panel title={said.questions} flush>
          <QuestionList items={unanswered} />
        </Panel>
      )}
      {data !== undefined && (items.length > 0 || unanswered.length === 0) && (
        <Panel flush>
          {items.length === 0 ? (
            <EmptyState title={empty} command="npx gantry approvals list" />
          ) : (
            <Waiting items={items} />
          )}
        </Panel>
      )}
      {more}
    </div>
  );
  return (
    <Page title={said.title} lead={said.lead}>
      <Tabs
        label={said.title}
        value={show}
        onChange={(next) => void navigate({ search: { show: next === "all" ? "all" : "mine" }, replace: true })}
        tabs={[
          {
            value: "mine",
            label: said.mine,
            count: mine.length + questionsOfMine.length,
            content: content(mine, questionsOfMine, said.noneMine),
          },
          {
            value: "all",
            label: said.all,
            count: all.length + questions.length,
            content: content(all, questions, said.none),
          },
        ]}
      />
    </Page>
  );
}

function Waiting({ items }: { items: readonly OpenApproval[] }) {
  const said = useTexts(texts);
  return (
    <ul className="divide-line divide-y">
      {items.map((one) => (
        <li key={one.hash} className="hover:bg-hover relative px-3 py-2.5">
          <Link
            to="/approvals/$run"
            params={{ run: one.run }}
            search={{ hash: one.hash }}
            className="font-medium [overflow-wrap:anywhere] after:absolute after:inset-0"
          >
            {said.sentence(one.requester.name, one.changeSet, one.environment, one.goal)}
          </Link>
          <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
            <RiskMark level={one.changeSet.risk.level} />
            <Counts counts={one.changeSet.counts} effect={one.changeSet.effect} />
            <span className="text-muted">{said.touched(one.changeSet.blastRadius)}</span>
            <span className="text-muted relative">
              {said.asked} <Ago at={one.createdAt} />
            </span>
            {one.expiresAt !== null && <Expiry at={one.expiresAt} />}
            <span className="text-muted">{said.given(one.needed, one.given)}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}
