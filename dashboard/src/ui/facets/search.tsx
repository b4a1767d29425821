import { useEffect, useRef, useState } from "react";
import { inputLook } from "../field.tsx";
import { Icon } from "../icon.tsx";

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
  const [typed, setTyped] = useState(value);
  const said = useRef(value);
  // The address changed otherwise: a saved search, the back button.
  // oxlint-disable-next-line react/refs
  if (value !== said.current) {
    // oxlint-disable-next-line react/refs
    said.current = value;
    if (typed.trim() !== value) setTyped(value);
  }
  const ask = (text: string): void => {
    if (text.trim() === said.current) return;
    said.current = text.trim();
    onChange(text.trim());
  };
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    const timer = setTimeout(() => latest.current(typed), 300);
    return () => clearTimeout(timer);
  }, [typed]);
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
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={({ key }) => key === "Enter" && ask(typed)}
        className={`${inputLook} pl-8`}
      />
    </div>
  );
}
