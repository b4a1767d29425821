import { useId, type ComponentProps, type ReactNode } from "react";
import { classNames } from "./class-names.ts";

export const inputLook =
  "w-full min-h-8 max-sm:min-h-10 rounded-md border border-strong bg-surface px-2 py-1 text-sm text-text placeholder:text-muted aria-invalid:border-bad disabled:opacity-60";

interface Around {
  label: string;
  hint?: ReactNode;
  /** What is wrong with what stands there. */
  error?: string | null | undefined;
}

/** A label, what to know, what is wrong, around something to fill in: `control` gets what ties it to them. */
export function Field({
  label,
  hint,
  error = null,
  control,
}: Around & {
  control(props: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": boolean | undefined;
  }): ReactNode;
}) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error !== null && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {control({
        id,
        "aria-describedby": described === "" ? undefined : described,
        "aria-invalid": error === null ? undefined : true,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-muted mt-1 text-xs">
          {hint}
        </p>
      )}
      {error !== null && (
        <p id={`${id}-error`} className="text-bad mt-1 text-xs">
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, className, ...input }: Around & ComponentProps<"input">) {
  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      error={error}
      control={(props) => (
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          {...input}
          {...props}
          className={classNames(inputLook, className)}
        />
      )}
    />
  );
}

export function TextArea({ label, hint, error, className, ...input }: Around & ComponentProps<"textarea">) {
  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      error={error}
      control={(props) => <textarea rows={3} {...input} {...props} className={classNames(inputLook, className)} />}
    />
  );
}

/** One of some. The browser's own list: it works everywhere, with every keyboard and every screen reader. */
export function SelectField({
  label,
  hint,
  error,
  className,
  options,
  ...select
}: Around & ComponentProps<"select"> & { options: readonly { value: string; label: string }[] }) {
  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      error={error}
      control={(props) => (
        <select {...select} {...props} className={classNames(inputLook, className)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    />
  );
}

export function CheckField({ label, hint, ...input }: { label: string; hint?: string } & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input
        type="checkbox"
        id={id}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="accent-accent mt-0.5 size-4"
        {...input}
      />
      <div>
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-muted text-xs">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
