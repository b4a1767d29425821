import { TextField } from "../../ui/field.tsx";
import { serverProblems } from "../../ui/schema-form/index.ts";
import { useTexts } from "../../ui/texts.ts";
import { PairsField, recordOf, type Pair } from "../settings/parts/pairs-field.tsx";
import { texts } from "./texts.ts";

/** As they stand in the form. */
export interface ConditionsDraft {
  when: string;
  mapping: readonly Pair[];
}

/** Which of what happens a trigger fires for, and what it takes from it. */
export function Conditions({
  value,
  error,
  onChange,
}: {
  value: ConditionsDraft;
  /** What the server said of them. */
  error: unknown;
  onChange(value: ConditionsDraft): void;
}) {
  const said = useTexts(texts);
  return (
    <div className="space-y-4">
      <TextField
        label={said.condition}
        hint={said.conditionHint}
        value={value.when}
        className="font-mono"
        error={serverProblems(error, "")["when"] ?? null}
        onChange={(event) => onChange({ ...value, when: event.target.value })}
      />
      <PairsField
        legend={said.mapping}
        hint={said.mappingHint}
        keyLabel={said.parameter}
        valueLabel={said.expression}
        value={value.mapping}
        onChange={(mapping) => onChange({ ...value, mapping })}
      />
    </div>
  );
}

/** What is sent of them. */
export function conditionsOf({ when, mapping }: ConditionsDraft): {
  when: string | null;
  mapping: Record<string, string>;
} {
  return { when: when.trim() === "" ? null : when.trim(), mapping: recordOf(mapping) };
}
