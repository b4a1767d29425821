import type { BudgetView } from "@gantry/sdk/api";
import { useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { BudgetForm } from "./budget-form.tsx";
import { BudgetPanel } from "./budget-panel.tsx";
import { Meter, StandingMark } from "./meter.tsx";
import { leftOf, standingOf } from "./standing.ts";
import { texts } from "./texts.ts";
import { useAmountText } from "./use-amount-text.ts";
import { useScopeText } from "./use-scope-text.ts";

/** What calls to models, and steps, may use: how much of it is gone, and what has come to a stop for it. */
export function BudgetsSection() {
  const said = useTexts(texts);
  const admin = useMay("admin");
  const budgets = useList("budgets", (client) => client.budgets.list());
  const { show, open, close } = useShown();
  const shown = budgets.find(({ name }) => name === show);
  const usedUp = budgets.filter((one) => standingOf(one) === "used_up");
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        {usedUp.map(({ name, covers, period, eachRun }) => (
          <Notice key={name} tone="bad">
            {eachRun ? said.eachRunStopped(name) : said.stopped(name, covers, said.again[period])}
          </Notice>
        ))}
        {(["models", "steps"] as const).map((covers) => (
          <Panel
            key={covers}
            title={said[covers]}
            flush
            actions={
              admin && (
                <Button small onClick={() => open(`new ${covers}`)}>
                  {said.add}
                </Button>
              )
            }
          >
            <Budgets covers={covers} budgets={budgets.filter((one) => one.covers === covers)} open={open} />
          </Panel>
        ))}
        <Twin>{commandLine(["budget", "list"])}</Twin>
      </div>
      {admin && (show === "new models" || show === "new steps") && (
        <BudgetForm key={show} covers={show === "new models" ? "models" : "steps"} onClose={close} />
      )}
      {shown !== undefined && <BudgetPanel key={show} budget={shown} onClose={close} />}
    </Page>
  );
}

function Budgets({
  covers,
  budgets,
  open,
}: {
  covers: BudgetView["covers"];
  budgets: readonly BudgetView[];
  open(name: string): void;
}) {
  const said = useTexts(texts);
  const amountText = useAmountText();
  const scopeText = useScopeText();
  if (budgets.length === 0)
    return (
      <EmptyState
        title={said.none[covers]}
        command={
          covers === "models"
            ? commandLine(["budget", "set", "minds"], { models: true, money: "50USD", per: "day" })
            : commandLine(["budget", "set", "team"], { money: "500EUR", per: "month" })
        }
      />
    );
  return (
    <Rows
      label={said.budget}
      rows={budgets}
      idOf={({ name }) => name}
      nameOf={({ name }) => name}
      onOpen={({ name }) => open(name)}
      columns={[
        { title: said.of, cell: scopeText, phone: false },
        { title: said.used, cell: (one) => <Meter of={one} /> },
        { title: said.setAside, cell: (one) => amountText(one, one.reserved), phone: false },
        { title: said.left, cell: (one) => amountText(one, leftOf(one)), phone: false },
        { title: said.state, cell: (one) => <StandingMark of={one} /> },
      ]}
    />
  );
}
