import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";
import type { Example } from "./twin.ts";

/** The example, filled in: one click runs it, and every field can be changed. */
export function ChangeStep({
  example,
  parameters,
  onChange,
}: {
  example: Example;
  parameters: Example["parameters"];
  onChange(parameters: Example["parameters"]): void;
}) {
  const said = useTexts(texts).change;
  const client = useClient();
  const queries = useQueryClient();
  const may = useMay("run");
  const run = useMutation({
    mutationFn: () => {
      const { runbook, project, environment } = example;
      const what = parameters["service"];
      const goal = typeof what === "string" ? { goal: said.goal(what) } : {};
      return client.runs.create({ runbook, project, environment, parameters, ...goal });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.runs }),
  });
  if (!may) return <p>{said.mayNot}</p>;
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        run.mutate();
      }}
    >
      <p>{said.why}</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label={said.environment} value={example.environment} readOnly />
        {Object.entries(parameters).map(([name, value]) => (
          <TextField
            key={name}
            label={said.labels[name] ?? name}
            required
            inputMode={typeof value === "number" ? "numeric" : "text"}
            value={String(value)}
            onChange={({ target }) => {
              const isNumber = typeof example.parameters[name] === "number" && /^\d+$/.test(target.value);
              onChange({ ...parameters, [name]: isNumber ? Number(target.value) : target.value });
            }}
          />
        ))}
      </div>
      {run.error !== null && <ErrorNotice error={run.error} />}
      <Button type="submit" kind="primary" pending={run.isPending}>
        {said.run}
      </Button>
    </form>
  );
}
