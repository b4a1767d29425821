import { useEffect, useRef } from "react";
import { inputLook } from "../field.tsx";
import { Icon } from "../icon.tsx";
import { useTyped } from "../use-typed.ts";

/** Words to look for: asked for when somebody stops typing, or presses Enter. */
export function SearchFacet({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
}) {
  const { text, type, say } = useTyped(value, onChange);
  const ask = (): void => say(text.trim());
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    const timer = setTimeout(() => latest.current(), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="relative min-w-0 flex-1 basis-56 sm:max-w-80">
      <span className="text-muted pointer-events-none absolute inset-y-0 left-2 grid place-items-center">
        <Icon name="search" />
      </span>
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={200}
        value={text}
        onChange={({ target }) => type(target.value)}
        onKeyDown={({ key }) => key === "Enter" && ask()}
        className={`${inputLook} pl-8`}
      />
    </div>
  );
}
