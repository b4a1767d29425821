import { CheckField } from "../../../ui/field.tsx";

/** Some of a few, each with a word on what it means. */
export function Checks<Value extends string>({
  legend,
  options,
  value,
  onChange,
}: {
  legend: string;
  options: readonly { value: Value; label: string; hint?: string }[];
  value: readonly Value[];
  onChange(value: Value[]): void;
}) {
  const turn = (one: Value, on: boolean): void =>
    onChange(options.map((option) => option.value).filter((each) => (each === one ? on : value.includes(each))));
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      <div className="space-y-1.5">
        {options.map(({ value: one, ...option }) => (
          <CheckField
            key={one}
            {...option}
            checked={value.includes(one)}
            onChange={(event) => turn(one, event.target.checked)}
          />
        ))}
      </div>
    </fieldset>
  );
}
