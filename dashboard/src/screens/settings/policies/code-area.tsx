import { useId, type RefObject } from "react";

/** A text of many lines with their numbers beside it. Plain, so that it works with every keyboard, phone and screen reader. */
export function CodeArea({
  label,
  value,
  onChange,
  readOnly = false,
  marked,
  area,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
  readOnly?: boolean;
  /** Lines that something is wrong with, from 1. */
  marked: ReadonlySet<number>;
  area: RefObject<HTMLTextAreaElement | null>;
}) {
  const id = useId();
  const lines = value.split("\n").length;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <div className="border-strong bg-surface flex rounded-md border font-mono text-xs leading-5">
        <div aria-hidden="true" className="bg-sunken text-muted rounded-l-md py-2 text-right select-none">
          {Array.from({ length: lines }, (_, index) => (
            <div key={index} className={marked.has(index + 1) ? "bg-bad-soft text-bad px-2 font-semibold" : "px-2"}>
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          id={id}
          ref={area}
          value={value}
          readOnly={readOnly}
          rows={Math.max(12, lines + 1)}
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          onChange={(event) => onChange(event.target.value)}
          className="min-w-0 flex-1 resize-none overflow-x-auto bg-transparent p-2 leading-5 max-sm:!text-xs max-sm:!leading-5"
        />
      </div>
    </div>
  );
}

/** Where a line begins, from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, one) => sum + one.length + 1, 0) + Math.max(0, column - 1);
}
