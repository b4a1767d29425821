import type { BudgetView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { usePlaces } from "../parts/place-field.tsx";
import { amountFrom, amountIn } from "./amount.ts";
import { texts } from "./texts.ts";

type Scope = "all" | "eachRun" | "run";

const measuresOf = {
  models: ["money", "tokens", "requests"],
  steps: ["requests", "time", "money"],
} as const satisfies Record<BudgetView["covers"], readonly BudgetView["measure"][]>;

/** A new budget, or how much there is of one that is there: whose it is stays, or it would be another one. */
export function BudgetForm({
  covers,
  budget,
  onClose,
}: {
  covers: BudgetView["covers"];
  budget?: BudgetView;
  onClose(): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const { projects } = usePlaces();
  const [form, setForm] = useState(() => startOf(covers, budget));
  const set = (changed: Partial<typeof form>): void => setForm((before) => ({ ...before, ...changed }));
  const { name, measure, project, agent, scope } = form;
  // Providers publish dollars.
  const currency = covers === "models" ? "USD" : form.currency.toUpperCase();
  const amount = amountFrom(measure, form.amount, currency);
  // What a run uses is counted as long as it lives.
  const period = scope === "all" ? form.period : "total";
  const save = useChange(
    () =>
      client.budgets.set(name, {
        covers,
        measure,
        amount,
        eachRun: scope === "eachRun",
        period,
        ...(scope === "run" && { run: form.run }),
        ...(measure === "money" && { currency }),
        ...(project !== "" && { project }),
        ...(agent !== "" && { agent }),
      }),
    onClose,
  );
  const given = form.amount || "100";
  const option = { money: `${given}${currency}`, requests: given, time: `${given}m`, tokens: given }[measure];
  return (
    <FormPanel
      title={budget === undefined ? said.add : name}
      submit={budget === undefined ? said.create : said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["budget", "set", name || (covers === "models" ? "minds" : "team")], {
        models: covers === "models",
        [measure]: option,
        project,
        agent,
        run: scope === "run" ? form.run : "",
        "each-run": scope === "eachRun",
        per: period === "total" ? null : period,
      })}
    >
      {budget === undefined && (
        <>
          <TextField
            label={said.name}
            required
            value={name}
            error={errorAt(save.error, "budget")}
            onChange={(event) => set({ name: event.target.value })}
          />
          <SelectField
            label={said.measure}
            value={measure}
            options={measuresOf[covers].map((value) => ({ value, label: said.measures[value] }))}
            onChange={(event) => set({ measure: event.target.value as BudgetView["measure"] })}
          />
        </>
      )}
      <TextField
        label={measure === "money" && covers === "models" ? `${said.amount} (USD)` : said.amount}
        type="number"
        required
        min={0}
        step="any"
        value={form.amount}
        error={errorAt(save.error, "amount")}
        onChange={(event) => set({ amount: event.target.value })}
      />
      {budget === undefined && (
        <>
          {measure === "money" && covers === "steps" && (
            <TextField
              label={said.currency}
              hint={said.currencyHint}
              required
              maxLength={3}
              value={currency}
              error={errorAt(save.error, "currency")}
              onChange={(event) => set({ currency: event.target.value })}
            />
          )}
          <SelectField
            label={said.scope}
            value={scope}
            options={(["all", "eachRun", "run"] as const).map((value) => ({ value, label: said.scopes[value] }))}
            onChange={(event) => set({ scope: event.target.value as Scope })}
          />
          {scope === "run" && (
            <TextField
              label={said.run}
              hint={said.runHint}
              required
              value={form.run}
              error={errorAt(save.error, "run")}
              onChange={(event) => set({ run: event.target.value.trim() })}
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
          <TextField
            label={said.agent}
            hint={said.agentHint}
            value={agent}
            error={errorAt(save.error, "agent")}
            onChange={(event) => set({ agent: event.target.value })}
          />
        </>
      )}
      {scope === "all" && (
        <SelectField
          label={said.forgotten}
          value={form.period}
          options={(["day", "month", "total"] as const).map((value) => ({ value, label: said.periods[value] }))}
          onChange={(event) => set({ period: event.target.value as BudgetView["period"] })}
        />
      )}
    </FormPanel>
  );
}

interface Form extends Pick<BudgetView, "name" | "measure" | "period"> {
  amount: string;
  currency: string;
  project: string;
  agent: string;
  run: string;
  scope: Scope;
}

function startOf(covers: BudgetView["covers"], budget?: BudgetView): Form {
  if (budget === undefined) {
    const nobody = { project: "", agent: "", run: "", scope: "all" as const };
    return { name: "", measure: measuresOf[covers][0], amount: "", currency: "EUR", period: "month", ...nobody };
  }
  const { name, measure, period, project, agent, run, eachRun } = budget;
  const currency = budget.currency ?? "EUR";
  return {
    name,
    measure,
    amount: amountIn(measure, budget.amount, currency),
    currency,
    period,
    project: project ?? "",
    agent: agent ?? "",
    run: run ?? "",
    scope: eachRun ? "eachRun" : run === null ? "all" : "run",
  };
}
