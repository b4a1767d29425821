import type { Understanding } from "@gantry/sdk/api";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { draftOf, SchemaForm, type JsonSchema } from "../../ui/schema-form/index.ts";
import { useTexts } from "../../ui/texts.ts";
import type { KeptWords } from "./kept.ts";
import { PlaceFields } from "./place-fields.tsx";
import { useSecretNames } from "./secret-names.ts";
import { texts } from "./texts.ts";

/** What must be said before there is a plan, as fields; what only the sentence can say, as a question. */
export function Missing({
  missing,
  alternatives,
  schema,
  runbook,
  kept,
  onChange,
  pending,
  onAnswer,
}: {
  missing: Understanding["missing"];
  alternatives: Understanding["alternatives"];
  /** Of the runbook's parameters. */
  schema: JsonSchema;
  runbook: string | null;
  kept: KeptWords;
  onChange(kept: KeptWords): void;
  pending: boolean;
  onAnswer(): void;
}) {
  const said = useTexts(texts);
  const secrets = useSecretNames(kept.place);
  const named = (name: string) => missing.find((one) => one.name === name);
  const asked = missing.filter(({ name }) => schema.properties?.[name] !== undefined);
  const others = missing.filter(
    ({ name }) => !["environment", "runbook"].includes(name) && schema.properties?.[name] === undefined,
  );
  const part: JsonSchema = {
    ...schema,
    properties: Object.fromEntries(asked.map(({ name }) => [name, schema.properties?.[name] ?? {}])),
    required: asked.map(({ name }) => name),
  };
  const keyOf = (name: string): string => `${runbook ?? ""} ${name}`;
  const fields = Object.fromEntries(
    asked.map(({ name }) => [name, kept.answers[keyOf(name)] ?? draftOf(schema.properties?.[name] ?? {}, schema)]),
  );
  const environment = named("environment");
  return (
    <form
      className="space-y-4"
      aria-label={said.missing}
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer();
      }}
    >
      <h3 className="text-sm font-semibold">{said.missing}</h3>
      {others.length > 0 && (
        <ul className="list-disc space-y-1 pl-5 text-sm">
          {others.map(({ name, question }) => (
            <li key={name}>{question}</li>
          ))}
        </ul>
      )}
      {named("runbook") !== undefined && (
        <SelectField
          label={said.runbook}
          hint={named("runbook")?.question}
          value={kept.runbook ?? ""}
          onChange={(event) =>
            onChange({ ...kept, runbook: event.target.value === "" ? null : event.target.value, answers: {} })
          }
          options={[
            { value: "", label: said.choose },
            ...alternatives.map((one) => ({ value: one.runbook, label: `${one.title} (${one.runbook})` })),
          ]}
        />
      )}
      {environment !== undefined && (
        <PlaceFields
          open
          place={kept.place}
          error={kept.place.environment === "" ? environment.question : null}
          onChange={(place) => onChange({ ...kept, place })}
        />
      )}
      {asked.length > 0 && (
        <SchemaForm
          schema={part}
          draft={{ kind: "object", fields }}
          problems={Object.fromEntries(
            asked.filter(({ reason }) => reason !== "not_said").map(({ name, question }) => [name, question]),
          )}
          secrets={secrets}
          suggestions={Object.fromEntries(asked.map(({ name, options }) => [name, options]))}
          onChange={(draft) => {
            if (draft.kind !== "object") return;
            const answers = Object.entries(draft.fields).map(([name, one]) => [keyOf(name), one] as const);
            onChange({ ...kept, answers: { ...kept.answers, ...Object.fromEntries(answers) } });
          }}
        />
      )}
      <Button type="submit" kind="primary" pending={pending}>
        {pending ? said.reading : said.goOn}
      </Button>
    </form>
  );
}
