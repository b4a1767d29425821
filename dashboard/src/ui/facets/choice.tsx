import { useState, type ReactNode } from "react";
import { inputLook } from "../field.tsx";
import { useTexts } from "../texts.ts";
import { Facet } from "./facet.tsx";

export interface Choice {
  value: string;
  label: string;
  /** Shown instead of the label. */
  look?: ReactNode;
}

/** Some of a property's values, or one of them. */
export function ChoiceFacet({
  label,
  choices,
  chosen,
  onChange,
  several = false,
}: {
  label: string;
  choices: readonly Choice[];
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
  several?: boolean;
}) {
  const said = useTexts(texts);
  const [typed, setTyped] = useState("");
  const wanted = typed.trim().toLowerCase();
  // What was chosen by an address that names something unknown can be taken back too.
  const unknown = chosen.filter((value) => !choices.some((choice) => choice.value === value));
  const all = [...choices, ...unknown.map((value): Choice => ({ value, label: value }))];
  const fitting = all.filter((choice) => choice.label.toLowerCase().includes(wanted));
  const words = all.filter(({ value }) => chosen.includes(value)).map((choice) => choice.label);
  const toggle = (value: string, on: boolean): void => {
    const others = several ? chosen.filter((one) => one !== value) : [];
    onChange(on ? [...others, value] : others);
  };
  return (
    <Facet label={label} chosen={words.length === 0 ? null : words.join(", ")} onClear={() => onChange([])}>
      {all.length > 12 && (
        <input
          type="search"
          aria-label={said.find(label)}
          placeholder={said.find(label)}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className={`${inputLook} mb-2`}
        />
      )}
      <ul>
        {fitting.map(({ value, label: word, look }) => (
          <li key={value}>
            <label className="hover:bg-hover flex min-h-8 cursor-pointer items-center gap-2 rounded-sm px-1.5 max-sm:min-h-10">
              <input
                type="checkbox"
                checked={chosen.includes(value)}
                onChange={({ target }) => toggle(value, target.checked)}
                className="accent-accent size-4"
              />
              {look ?? <span className="min-w-0 truncate">{word}</span>}
            </label>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <p className="text-muted p-2">{said.none}</p>}
    </Facet>
  );
}

const texts = { en: { find: (label: string) => `Find: ${label.toLowerCase()}`, none: "Nothing to choose from." } };
