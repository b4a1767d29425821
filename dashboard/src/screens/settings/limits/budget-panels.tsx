import type { BudgetView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { CheckField, SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { duration } from "../../../ui/time.tsx";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { usePlaces } from "../parts/place-field.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { amountFrom, moneyText } from "./amount.ts";
import { texts } from "./texts.ts";

type Measured = Pick<BudgetView, "measure" | "currency">;

/** An amount of what the budget measures, for people. */
export function useAmountText(): (of: Measured, amount: number) => string {
  const said = useTexts(texts);
  return ({ measure, currency }, amount) => {
    if (measure === "money") return moneyText(amount, currency ?? "");
    if (measure === "tokens") return String(amount);
    return measure === "time" ? duration(amount) : said.requests(amount);
  };
}

export function CreateBudgetPanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const { projects } = usePlaces();
  const [form, setForm] = useState({
    name: "",
    measure: "requests" as BudgetView["measure"],
    amount: "",
    currency: "EUR",
    project: "",
    agent: "",
    eachRun: false,
    period: "month" as BudgetView["period"],
  });
  const set = (changed: Partial<typeof form>): void => setForm((before) => ({ ...before, ...changed }));
  const { name, measure, project, agent, eachRun } = form;
  const currency = form.currency.toUpperCase();
  const amount = amountFrom(measure, form.amount, currency);
  // What a run uses is counted as long as it lives.
  const period = eachRun ? "total" : form.period;
  const create = useChange(
    () =>
      client.budgets.set(name, {
        measure,
        amount,
        eachRun,
        period,
        ...(measure === "money" && { currency }),
        ...(project !== "" && { project }),
        ...(agent !== "" && { agent }),
      }),
    onClose,
  );
  const given = form.amount || "100";
  const option = { money: `${given}${currency}`, requests: given, time: `${given}m`, tokens: given }[measure];
  const per = period === "total" ? null : period;
  return (
    <FormPanel
      title={said.addBudget}
      submit={said.create}
      change={create}
      onSubmit={() => create.run()}
      onClose={onClose}
      command={commandLine(["budget", "set", name || "team"], {
        [measure]: option,
        project,
        agent,
        "each-run": eachRun,
        per,
      })}
    >
      <TextField
        label={said.name}
        required
        value={name}
        error={errorAt(create.error, "budget")}
        onChange={(event) => set({ name: event.target.value })}
      />
      <SelectField
        label={said.measure}
        value={measure}
        options={(["requests", "time", "money"] as const).map((value) => ({ value, label: said.measures[value] }))}
        onChange={(event) => set({ measure: event.target.value as BudgetView["measure"] })}
      />
      <TextField
        label={said.amount}
        type="number"
        required
        min={0}
        step="any"
        value={form.amount}
        error={errorAt(create.error, "amount")}
        onChange={(event) => set({ amount: event.target.value })}
      />
      {measure === "money" && (
        <TextField
          label={said.currency}
          hint={said.currencyHint}
          required
          maxLength={3}
          value={currency}
          error={errorAt(create.error, "currency")}
          onChange={(event) => set({ currency: event.target.value })}
        />
      )}
      <SelectField
        label={said.project}
        value={project}
        options={[
          { value: "", label: said.allProjects },
          ...projects.map((one) => ({ value: one.name, label: one.name })),
        ]}
        onChange={(event) => set({ project: event.target.value })}
      />
      <TextField label={said.agent} value={agent} onChange={(event) => set({ agent: event.target.value })} />
      <CheckField label={said.each} checked={eachRun} onChange={(event) => set({ eachRun: event.target.checked })} />
      {!eachRun && (
        <SelectField
          label={said.forgotten}
          value={form.period}
          options={(["month", "day", "total"] as const).map((value) => ({ value, label: said.periods[value] }))}
          onChange={(event) => set({ period: event.target.value as BudgetView["period"] })}
        />
      )}
    </FormPanel>
  );
}

/** What it covers and how it stands, and its end. */
export function BudgetPanel({ budget, onClose }: { budget: BudgetView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const admin = useMay("admin");
  const text = useAmountText();
  const { name, amount, spent, reserved, waiting, project, agent, run, eachRun, period, actor } = budget;
  const covers = [project, agent, run, eachRun ? said.eachRun : null].filter((one) => one !== null);
  return (
    <SidePanel title={name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.spent, said.usedOf(text(budget, spent), text(budget, amount))],
            ...(reserved === 0 ? [] : [["", said.reserved(text(budget, reserved))] as const]),
            [said.covers, covers.join(", ") || said.everything],
            [said.forgotten, said.periods[period]],
            [said.setBy, actor],
          ]}
        />
        {waiting > 0 && <p>{said.waiting(waiting)}</p>}
      </PanelBody>
      {admin && (
        <PanelFoot>
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
