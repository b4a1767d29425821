import type { BudgetView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { RunLink } from "../../../ui/run-link.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago } from "../../../ui/time.tsx";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { BudgetForm } from "./budget-form.tsx";
import { Meter, StandingMark } from "./meter.tsx";
import { leftOf } from "./standing.ts";
import { texts } from "./texts.ts";
import { useAmountText } from "./use-amount-text.ts";
import { useScopeText } from "./use-scope-text.ts";

/** Whose it is and how it stands, what it is set aside for, and its end. */
export function BudgetPanel({ budget, onClose }: { budget: BudgetView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const admin = useMay("admin");
  const text = useAmountText();
  const scopeText = useScopeText();
  const [changing, setChanging] = useState(false);
  const { name, reserved, waiting, eachRun, period, actor } = budget;
  if (changing) return <BudgetForm covers={budget.covers} budget={budget} onClose={onClose} />;
  return (
    <SidePanel title={name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.state, <StandingMark key="state" of={budget} />],
            [said.used, <Meter key="used" of={budget} />],
            [said.setAside, text(budget, reserved)],
            [said.left, text(budget, leftOf(budget))],
            [said.of, scopeText(budget)],
            [said.forgotten, said.periods[period]],
            [said.setBy, actor],
          ]}
        />
        {eachRun && <p className="text-muted text-sm">{said.dearestRun}</p>}
        {waiting > 0 && <p>{said.waiting(waiting)}</p>}
        <UnderWay budget={budget} />
      </PanelBody>
      {admin && (
        <PanelFoot>
          <Button onClick={() => setChanging(true)}>{said.change}</Button>
          <ConfirmButton
            label={said.remove}
            title={said.removeQuestion(name)}
            command={commandLine(["budget", "remove", name])}
            work={() => client.budgets.remove(name)}
            done={onClose}
          >
            {said.removeText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

/** Calls and attempts that something of it is set aside for. */
function UnderWay({ budget }: { budget: BudgetView }) {
  const said = useTexts(texts);
  const client = useClient();
  const text = useAmountText();
  const { name } = budget;
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "budget", name],
    queryFn: () => client.budgets.get(name),
  });
  if (data.reservations.length === 0) return null;
  return (
    <section>
      <h3 className="text-muted text-xs font-medium">{said.underWay}</h3>
      <ul className="divide-line divide-y text-sm">
        {data.reservations.map(({ attempt, run, amount, since, unknown }) => (
          <li key={attempt} className="flex flex-wrap gap-x-3 py-1.5">
            {run === null ? (
              <code className="font-mono text-xs">{attempt}</code>
            ) : (
              <RunLink run={run}>{said.ofRun(run.slice(0, 13))}</RunLink>
            )}
            <span>{text(budget, amount)}</span>
            <Ago at={since} />
            {unknown && <span className="text-warn">{said.unknown}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
