import type { ModelView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keys, useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Meter, StandingMark } from "../budgets/meter.tsx";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { Costs } from "./costs.tsx";
import { ModelState } from "./model-state.tsx";
import { ModelPanel } from "./model-panel.tsx";
import { PolicyForm } from "./policy-form.tsx";
import { texts } from "./texts.ts";

/** The models that agents ask, what they cost, and where data may go with a question. */
export function ModelsSection() {
  const said = useTexts(texts);
  const client = useClient();
  const admin = useMay("admin");
  const { data: listed } = useSuspenseQuery({
    queryKey: [...keys.settings, "models"],
    queryFn: () => client.models.list(),
  });
  const { data: policy } = useSuspenseQuery({
    queryKey: [...keys.settings, "model policy"],
    queryFn: () => client.models.policy(),
  });
  const { show, open, close } = useShown();
  const shown = listed.items.find((one) => idOf(one) === show);
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        {listed.problems.map(({ connection, message }) => (
          <Notice key={connection} tone="bad">
            {message}
          </Notice>
        ))}
        <Panel title={said.connected} flush>
          {listed.items.length === 0 ? (
            <EmptyState
              title={said.none}
              command={commandLine(["connection", "add", "anthropic"], {
                kind: "model",
                set: "provider=anthropic",
                secret: "key=anthropic-key",
              })}
            >
              <Link to="/settings/$section" params={{ section: "connections" }} className="text-accent underline">
                {said.add}
              </Link>
            </EmptyState>
          ) : (
            <Rows
              label={said.model}
              rows={listed.items}
              idOf={idOf}
              nameOf={({ model }) => <span className="font-mono text-xs">{model}</span>}
              onOpen={(one) => open(idOf(one))}
              columns={[
                { title: said.connection, cell: ({ connection }) => connection },
                { title: said.tier, cell: ({ tier }) => tier, phone: false },
                {
                  title: said.price,
                  cell: ({ price, priceKnown }) => said.prices(price.input, price.output, priceKnown),
                  phone: false,
                },
                { title: said.state, cell: ({ refused }) => <ModelState refused={refused} /> },
              ]}
            />
          )}
        </Panel>
        {listed.items.some(({ priceKnown }) => !priceKnown) && (
          <p className="text-muted text-sm">{said.priceUnknown}</p>
        )}
        <Costs />
        <Panel
          title={said.policy}
          actions={
            admin && (
              <Button small onClick={() => open("policy")}>
                {said.change}
              </Button>
            )
          }
        >
          <Facts
            items={[
              [said.providers, policy.providers?.join(", ") ?? said.anyProvider],
              [said.regions, policy.regions?.join(", ") ?? said.anyRegion],
              [said.prefer, said.preferred[policy.prefer]],
              [said.cache, policy.cacheSeconds === 0 ? said.off : said.forSeconds(policy.cacheSeconds)],
              [
                said.store,
                policy.store === "off"
                  ? said.stored.off
                  : `${said.stored[policy.store]}, ${said.storedFor(policy.storeDays)}`,
              ],
            ]}
          />
        </Panel>
        <Budgets />
        <Twin>{commandLine(["models", "list"])}</Twin>
      </div>
      {shown !== undefined && <ModelPanel key={show} model={shown} onClose={close} />}
      {admin && show === "policy" && <PolicyForm policy={policy} onClose={close} />}
    </Page>
  );
}

function idOf({ connection, model }: ModelView): string {
  return `${connection}/${model}`;
}

/** Those that bound models; all of them are on a page of their own. */
function Budgets() {
  const said = useTexts(texts);
  const budgets = useList("budgets", (client) => client.budgets.list()).filter(({ covers }) => covers === "models");
  return (
    <Panel
      title={said.budgets}
      flush
      actions={
        <Link to="/settings/$section" params={{ section: "budgets" }} className="text-accent text-sm underline">
          {said.allBudgets}
        </Link>
      }
    >
      {budgets.length === 0 ? (
        <EmptyState
          title={said.noBudgets}
          command={commandLine(["budget", "set", "minds"], { models: true, money: "50USD", per: "day" })}
        />
      ) : (
        <Rows
          label={said.budget}
          rows={budgets}
          idOf={({ name }) => name}
          nameOf={({ name }) => name}
          columns={[
            { title: said.spent, cell: (one) => <Meter of={one} /> },
            { title: said.state, cell: (one) => <StandingMark of={one} /> },
          ]}
        />
      )}
    </Panel>
  );
}
