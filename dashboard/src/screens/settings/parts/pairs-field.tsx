import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { inputLook } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";

export type Pair = readonly [string, string];

/** Names and what stands behind each; an empty name isn't sent. */
export function PairsField({
  legend,
  hint,
  keyLabel,
  valueLabel,
  value,
  onChange,
}: {
  legend: string;
  hint?: string;
  keyLabel: string;
  valueLabel: string;
  value: readonly Pair[];
  onChange(pairs: Pair[]): void;
}) {
  const said = useTexts(texts);
  const put = (at: number, pair: Pair): void => onChange(value.map((one, index) => (index === at ? pair : one)));
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {hint !== undefined && <p className="text-muted mb-1 text-xs">{hint}</p>}
      <div className="space-y-1.5">
        {value.map(([name, content], index) => (
          // Rows have no other name than their place.
          <div key={index} className="flex items-center gap-1.5">
            <input
              aria-label={`${keyLabel} ${index + 1}`}
              className={`${inputLook} max-w-32 font-mono`}
              value={name}
              onChange={(event) => put(index, [event.target.value, content])}
            />
            <input
              aria-label={`${valueLabel} ${index + 1}`}
              className={`${inputLook} min-w-0 flex-1 font-mono`}
              value={content}
              onChange={(event) => put(index, [name, event.target.value])}
            />
            <Button
              kind="quiet"
              aria-label={said.remove(index + 1)}
              onClick={() => onChange(value.filter((_, other) => other !== index))}
            >
              <Icon name="close" />
            </Button>
          </div>
        ))}
        <Button small onClick={() => onChange([...value, ["", ""]])}>
          {said.add}
        </Button>
      </div>
    </fieldset>
  );
}

export function pairsOf(record: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(record);
}

export function recordOf(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}

const texts = { en: { add: "Add a line", remove: (line: number) => `Remove line ${line}` } };
